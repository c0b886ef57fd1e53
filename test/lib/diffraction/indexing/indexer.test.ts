// Running the indexing program: what it is told, what comes of it, and that nothing of it is left whatever it does.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import type { Test } from 'tap'
import { indexerArguments, runIndexer } from '../../../../lib/diffraction/indexing/indexer.ts'
import type { IndexedFile, IndexerRun } from '../../../../lib/diffraction/indexing/indexer.ts'

const script = fileURLToPath(new URL('../../../fixtures/diffraction/indexer.ts', import.meta.url))

/** A program that behaves so. */
const program = (behaviour: string) => [process.execPath, script, behaviour]

/** Folders for files and for runs, and a run with one file. */
function prepare (t: Test, behaviour: string): { data: string, runs: string, run: IndexerRun } {
  const folder = t.testdir({ data: { 'frame 1;$(x).cbf': 'one', 'second.cbf': 'two' }, runs: {} })
  const data = path.join(folder, 'data')
  const runs = path.join(folder, 'runs')
  const file = { path: path.join(data, 'frame 1;$(x).cbf'), companions: [] }
  return { data, runs, run: { program: program(behaviour), files: [file], frames: [0, 0], version: undefined, timeout: 60_000, folder: runs } }
}

/** Whether a process runs; one that has ended and is not waited for does not. */
function isAlive (pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

async function gone (pids: readonly number[]): Promise<void> {
  while (pids.some(isAlive)) await pause(5)
}

t.test('an indexer is told of frames as the LS-CAT image server tells it', async t => {
  const pipes = ['--json-fd', '3', '--progress-fd', '4']
  t.same(indexerArguments(['/a.cbf'], [0, 0], undefined), [...pipes, '/a.cbf'])
  t.same(indexerArguments(['/a.h5'], [1, 90], '1.6.0'), [...pipes, '--hdf5_image_range', '1,90', '/a.h5'])
  t.same(indexerArguments(['/a.h5'], [1, 90], '1.8.0'), [...pipes, '--detector', 'lscat_dectris_eiger2_16m', '--hdf5_image_range', '1,90', '/a.h5'])
  t.same(indexerArguments(['/a.mccd', '/b.mccd'], [1, 1], undefined), [...pipes, '/a.mccd', '/b.mccd'])
})

t.test('result, errors and progress come back; standard output does not; nothing is left', async t => {
  const { run, runs } = prepare(t, 'report')
  const said: string[] = []
  const { result, stderr } = await runIndexer({ ...run, environment: { SITE: 'here' }, onProgress: text => said.push(text) })
  const { environment, folder, seen, told, größe } = JSON.parse(result) as { environment: Record<string, string>, folder: string, seen: Record<string, string>, told: string[], größe: string }
  t.equal(path.dirname(folder), runs)
  t.same(told, ['--json-fd', '3', '--progress-fd', '4', path.join(folder, 'frame 1;$(x).cbf')], 'no shell has seen the name')
  t.same(seen, { [path.join(folder, 'frame 1;$(x).cbf')]: 'one' })
  t.match(environment, { SITE: 'here', HOME: folder, TMPDIR: folder })
  // Node hands NODE_V8_COVERAGE on by itself.
  t.same(Object.keys(environment).filter(name => name !== 'NODE_V8_COVERAGE').sort(), ['HOME', 'LANG', 'PATH', 'SITE', 'TMPDIR'], 'nothing of this process')
  t.equal(größe, 'ä')
  t.equal(stderr, 'a warning\n')
  t.equal(said.join(''), 'looking at files')
  t.same(readdirSync(runs), [])
})

t.test('what the request adds stands where the program wants it', async t => {
  const { run } = prepare(t, 'report')
  const { result } = await runIndexer({ ...run, program: [...run.program, '--first', '{arguments}', '--last'] })
  const { told } = JSON.parse(result) as { told: string[] }
  t.match([told[0], told[1], told.at(-1)], ['--first', '--json-fd', '--last'])
  t.notOk(told.includes('{arguments}'))
})

t.test('two files, also of one name, and the data files of masters lie where the program looks for them', async t => {
  const { data, run } = prepare(t, 'report')
  for (const set of ['a', 'b']) {
    mkdirSync(path.join(data, set, 'parts'), { recursive: true })
    writeFileSync(path.join(data, set, 'master.h5'), `master ${set}`)
    writeFileSync(path.join(data, set, 'parts', 'data_1.h5'), `data ${set}`)
  }
  writeFileSync(path.join(data, 'shared.h5'), 'shared')
  const fileOf = (set: string): IndexedFile => ({ path: path.join(data, set, 'master.h5'), companions: [path.join(data, set, 'parts', 'data_1.h5'), path.join(data, 'shared.h5')] })
  const { result } = await runIndexer({ ...run, files: [fileOf('a'), fileOf('b')], frames: [1, 1] })
  const { folder, seen, told } = JSON.parse(result) as { folder: string, seen: Record<string, string>, told: string[] }
  const [first = '', second = ''] = told.slice(-2)
  t.equal(first, path.join(folder, 'master.h5'))
  for (const [file, set] of [[first, 'a'], [second, 'b']] as const) {
    t.equal(seen[file], `master ${set}`)
    t.equal(seen[path.join(path.dirname(file), 'parts', 'data_1.h5')], `data ${set}`)
    t.equal(seen[path.join(path.dirname(file), 'shared.h5')], 'shared')
  }
})

t.test('a program that fails has said why', async t => {
  const { run, runs } = prepare(t, 'fail')
  t.same(await runIndexer(run), { result: '', stderr: 'no spots in these frames\n' })
  t.same(readdirSync(runs), [])
})

t.test('a program that takes too long, or that nobody waits for, is ended with all that it has started', async t => {
  const { run, runs } = prepare(t, 'hang')
  for (const code of ['TIMEOUT', 'CANCELLED'] as const) {
    const stop = new AbortController()
    let pids: number[] = []
    const onProgress = (text: string) => {
      pids = JSON.parse(text) as number[]
      if (code === 'CANCELLED') stop.abort()
    }
    // On a busy machine a program may not even have begun when its time is over.
    for (let timeout = code === 'TIMEOUT' ? 1000 : 60_000; pids.length === 0; timeout *= 2) {
      await t.rejects(runIndexer({ ...run, timeout, signal: stop.signal, onProgress }), { code })
    }
    t.equal(pids.length, 2)
    await gone(pids)
    t.same(readdirSync(runs), [])
  }
})

t.test('what a program leaves behind is ended with it, and cannot keep the result back', async t => {
  const { run, runs } = prepare(t, 'desert')
  const [inGroup = 0, outside = 0] = JSON.parse((await runIndexer(run)).result) as number[]
  // Out of its group only the test ends it.
  t.ok(isAlive(outside))
  process.kill(outside, 'SIGKILL')
  await gone([inGroup, outside])
  t.same(readdirSync(runs), [])
})

t.test('a result without end, or that is no JSON, is an error', async t => {
  for (const [behaviour, code] of [['flood', 'TOO_LARGE'], ['garbage', 'UNAVAILABLE']] as const) {
    const { run, runs } = prepare(t, behaviour)
    await t.rejects(runIndexer(run), { code })
    t.same(readdirSync(runs), [])
  }
})

t.test('of much that is said the bounds are kept, and the end of the errors', async t => {
  const { run } = prepare(t, 'chatter')
  let heard = 0
  const { result, stderr } = await runIndexer({ ...run, onProgress: text => { heard += text.length } })
  t.equal(result, '[]')
  t.equal(heard, 1024 * 1024)
  t.equal(stderr.length, 64 * 1024)
  t.ok(stderr.includes('\n39 eee'))
})

t.test('folders that the program has locked are removed too', async t => {
  const { run, runs } = prepare(t, 'litter')
  t.equal((await runIndexer(run)).result, '{}')
  t.same(readdirSync(runs), [])
})

t.test('what a process that was killed has left is ended and removed by the next one, and nothing else', async t => {
  const { run, runs } = prepare(t, 'report')
  const { pid: nobody } = spawnSync(process.execPath, ['--version'])
  const [left, own, other] = [`tutti-index-${nobody}-abc`, `tutti-index-${process.pid}-abc`, 'tutti-index-notes']
  for (const name of [left, own, other]) mkdirSync(path.join(runs, name, 'below'), { recursive: true })
  const orphan = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)'], { cwd: path.join(runs, left, 'below'), stdio: 'ignore' })
  const ended = once(orphan, 'exit')
  await once(orphan, 'spawn')
  await runIndexer(run)
  t.same(await ended, [null, 'SIGKILL'])
  t.same(readdirSync(runs).sort(), [own, other].sort())
})

t.test('a program that is not there, a folder that cannot be made, and who has gone already', async t => {
  const { run, runs } = prepare(t, 'report')
  await t.rejects(runIndexer({ ...run, program: ['/nowhere/indexer'] }), { code: 'UNAVAILABLE', message: /DIFFRACTION_INDEXER/ })
  await t.rejects(runIndexer({ ...run, program: ['/nowhere/\0indexer'] }), { code: 'UNAVAILABLE' })
  await t.rejects(runIndexer({ ...run, signal: AbortSignal.abort() }), { code: 'CANCELLED' })
  t.same(readdirSync(runs), [])
  rmSync(runs, { recursive: true })
  const error: unknown = await runIndexer(run).catch((failure: unknown) => failure)
  t.match(error, { code: 'UNAVAILABLE' })
  t.notOk(error instanceof Error && error.message.includes(runs), 'no path of the server')
})
