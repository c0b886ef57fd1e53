// npm run demo:tracking as a user sees it, and the parts that it is made of.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import t from 'tap'
import { detect, distance } from '../../scripts/tracking-demo/detection.ts'
import { createScene } from '../../scripts/tracking-demo/scene.ts'
import { isFloat, isInteger, readSpelled, spellFloat } from '../../scripts/tracking-demo/spelling.ts'
import { createLines, createPictures, placeOf } from '../../scripts/tracking-demo/view.ts'
import type { Box } from '../../scripts/tracking-demo/view.ts'
import { compileCache } from '../compile-cache.ts'

const script = path.join(import.meta.dirname, '../../scripts/demo-tracking.ts')

/** Runs the demonstration. @param onText - called with everything that it has written so far */
async function run (args: string[], onText: (text: string, kill: (signal: NodeJS.Signals) => void) => void = () => {}): Promise<{ code: number | null, stdout: string, stderr: string }> {
  const child = spawn(process.execPath, [script, ...args], { env: { PATH: process.env.PATH, ...compileCache }, stdio: ['ignore', 'pipe', 'pipe'] })
  const texts = { stdout: '', stderr: '' }
  t.teardown(() => child.kill('SIGKILL'))
  child.stdout.on('data', chunk => {
    texts.stdout += String(chunk)
    onText(texts.stdout, signal => child.kill(signal))
  })
  child.stderr.on('data', chunk => { texts.stderr += String(chunk) })
  const [code] = await once(child, 'close')
  return { code, ...texts }
}

t.test('a shape is asked for, recognised by both cameras, and let go', async t => {
  const { code, stdout, stderr } = await run(['--seconds', '4'])
  t.strictSame({ code, stderr }, { code: 0, stderr: '' })
  const lines = stdout.trimEnd().split('\n')
  // In this order, whatever else is told between them.
  let place = 0
  for (const part of [
    'Tutti listens at http://127.0.0.1:',
    'camera hall sees 2 circles, 1 square, 1 triangle',
    'in frame 0.0 of camera hall',
    'object 1 is tracked',
    'the operator has seen enough of object 1',
    'object 1 is tracked no longer',
    'object 2 is tracked',
    'timeline of object 1: seen',
    'timeline of object 2: seen',
    'everything has ended'
  ]) {
    const found = lines.findIndex((line, index) => index >= place && line.includes(part))
    t.not(found, -1, part)
    place = Math.max(place, found)
  }
  t.match(stdout, 'camera hall looks at frame 0.0, box', 'the number has kept its point')
  t.match(stdout, /object 1 \(\w+\) is at the [a-z ]+ of camera yard/, 'the other camera knows it by its looks')
  t.match(stdout, /timeline of object 1: seen \d+ times by camera hall, \d+ times by camera yard|timeline of object 1: seen \d+ times by camera yard, \d+ times by camera hall/)
  t.notMatch(stdout, /refuses|would end|does not|cannot|trouble|nobody/)
  t.ok(lines.every(line => /^ {0,3}\d+\.\d s {2}\P{Cc}+$/u.test(line)), 'lines with times, and nothing for terminals')
})

t.test('Ctrl+C ends everything', async t => {
  let isKilled = false
  const { code, stdout } = await run(['--plain'], (text, kill) => {
    if (isKilled || !text.includes('object 1 is tracked')) return
    isKilled = true
    kill('SIGINT')
  })
  t.equal(code, 0)
  t.match(stdout, /everything has ended\n$/)
})

t.test('wrong options are refused with the right ones', async t => {
  for (const args of [['--seconds', '0'], ['--rate', 'x'], ['--seed', '1.5'], ['--colour']]) {
    t.match(await run(args), { code: 2, stdout: '', stderr: /--\w+.*\n\nnpm run demo:tracking/ }, args.join(' '))
  }
})

t.test('all shapes of a scene are found, and look the same in another place', t => {
  /** Pictures in which none hides another. */
  const clear = (seed: number) => Array.from({ length: 20 }, (_, second) => detect(createScene(seed).draw(second)))
    .filter(found => String(found.map(({ kind }) => kind).toSorted()) === 'circle,circle,square,triangle')
  t.ok(clear(1).length >= 8, `all of them in ${clear(1).length} of 20 pictures`)

  const [one = [], other = []] = [clear(1)[0], clear(2)[0]]
  for (const { kind, features } of one) {
    const alike = other.filter(candidate => distance(candidate.features, features) < 0.35)
    t.strictSame(alike.map(candidate => candidate.kind), [kind], 'one is like it')
    t.equal(features.length, 13)
  }
  for (const { rect: [left, top, right, bottom], certainty } of one) {
    t.ok(left >= 0 && left < right && right <= 1 && top >= 0 && top < bottom && bottom <= 1)
    t.ok(certainty >= 0 && certainty <= 1)
  }
  t.end()
})

t.test('numbers are told apart as Python does', t => {
  const message = readSpelled('{"whole":12,"float":12.0,"small":1e-3,"list":[0.0]}') as Record<string, unknown>
  t.strictSame([isInteger(message.whole), isFloat(message.whole)], [true, false])
  t.strictSame([isInteger(message.float), isFloat(message.float)], [false, true])
  t.ok(isFloat(message.small))
  t.match(message.list, [{ value: 0, text: '0.0' }])
  t.strictSame([0, 12, 0.5, 1 / 3, -0.25].map(spellFloat), ['0.0', '12.0', '0.5', '0.3333', '-0.25'])
  t.end()
})

t.test('places have names, and are told when they change, but not too often', t => {
  const box = (left: number, top: number, objectId?: number): Box => ({ boxId: 0, rect: [left, top, left + 0.1, top + 0.1], kind: 'square', certainty: 1, objectId })
  t.strictSame([box(0, 0), box(0.45, 0), box(0.9, 0), box(0, 0.45), box(0.45, 0.45), box(0.9, 0.9)].map(({ rect }) => placeOf(rect)), ['top left', 'top', 'top right', 'left', 'centre', 'bottom right'])
  let time = 0
  const lines: string[] = []
  const view = createLines(line => lines.push(line), () => time)
  view.boxes('hall', [box(0, 0, 3)])
  view.boxes('hall', [box(0, 0, 3)])
  time = 500
  view.boxes('hall', [box(0.45, 0.45, 3)])
  time = 2500
  view.boxes('hall', [box(0.9, 0.9, 3), box(0, 0)])
  t.strictSame(lines, [
    '  0.0 s  camera hall sees 1 square', '  0.0 s  object 3 (square) is at the top left of camera hall',
    '  2.5 s  camera hall sees 2 squares', '  2.5 s  object 3 (square) is at the bottom right of camera hall'
  ])
  t.end()
})

t.test('in a terminal boxes are drawn where they are', t => {
  let text = ''
  const view = createPictures(part => { text = part })
  view.boxes('hall', [{ boxId: 0, rect: [0, 0, 0.25, 0.25], kind: 'square', certainty: 1, objectId: undefined }, { boxId: 1, rect: [0.75, 0.75, 1, 1], kind: 'circle', certainty: 1, objectId: 12 }])
  const rows = text.split('\n').map(line => line.replaceAll('\u001b[K', ''))
  t.match(rows[1], /^s{12}\.{34}$/)
  t.match(rows[14], /^\.{34}2{12}$/)
  t.end()
})
