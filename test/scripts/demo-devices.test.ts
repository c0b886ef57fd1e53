// npm run demo:devices as a user sees it.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import t from 'tap'
import { compileCache } from '../compile-cache.ts'

const script = path.join(import.meta.dirname, '../../scripts/demo-devices.ts')

t.test('a chain goes on when one of its agents is killed, and all of it ends by itself', async t => {
  const child = spawn(process.execPath, [script], { env: { PATH: process.env.PATH, ...compileCache }, stdio: ['ignore', 'pipe', 'pipe'] })
  t.teardown(() => child.kill('SIGTERM'))
  const texts = { stdout: '', stderr: '' }
  child.stdout.on('data', chunk => { texts.stdout += String(chunk) })
  child.stderr.on('data', chunk => { texts.stderr += String(chunk) })
  const [code] = await once(child, 'close')
  t.strictSame({ code, stderr: texts.stderr }, { code: 0, stderr: '' })
  const lines = texts.stdout.trimEnd().split('\n')
  // In this order, whatever else is told between them.
  let place = 0
  for (const part of [
    'Tutti listens at http://127.0.0.1:',
    'all three devices are online',
    'the chain is: invert on hall, then brightness on yard, then percent on attic',
    'the negative is 51 percent bright',
    'yard is killed now',
    'event DeviceOffline: yard is offline',
    'event FailedOver: ',
    'the chain works again',
    'the chain is: invert on hall, then brightness on attic, then percent on attic',
    'the negative is 51 percent bright, with one device less',
    'event Returned: ',
    'the chain is: invert on hall, then brightness on yard, then percent on attic',
    'gives the negative as a file of 3113 bytes; all pixels are right',
    'everything has ended'
  ]) {
    const found = lines.findIndex((line, index) => index >= place && line.includes(part))
    t.not(found, -1, part)
    place = Math.max(place, found)
  }
  t.ok(lines.every(line => /^ {0,4}\d+\.\d s {2}\P{Cc}+$/u.test(line)), 'lines with times, and nothing for terminals')
  t.notMatch(texts.stdout, /\b[0-9a-f]{24}\b/, 'devices by their names')
})
