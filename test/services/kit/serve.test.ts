// A service as a process: how it starts, what it tells, and how it ends.
import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import t from 'tap'
import type { Test } from 'tap'
import type { ListeningMessage } from '../../../services/kit/index.ts'
import { compileCache } from '../../compile-cache.ts'
import { graphicRequest } from './build.ts'

// Processes start slowly on a machine that is busy with other tests.
t.setTimeout(120_000)

interface Started { child: ChildProcess, output: Promise<string>, exit: Promise<[number | null, string | null]> }

function start (t: Test, file: string, environment: Record<string, string> = {}): Started {
  const child = fork(new URL(file, import.meta.url), { env: { PATH: process.env.PATH, PORT: '0', ...compileCache, ...environment }, execArgv: [], stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
  t.teardown(() => child.kill('SIGKILL'))
  const exit = once(child, 'exit') as Promise<[number | null, string | null]>
  const output = child.stdout === null ? Promise.resolve('') : text(child.stdout)
  child.stderr?.resume()
  return { child, output, exit }
}

async function listening ({ child }: Started): Promise<ListeningMessage> {
  const [message] = await once(child, 'message')
  return message
}

async function post (port: number, signal?: AbortSignal): Promise<Response> {
  return await fetch(`http://127.0.0.1:${port}/preprocessor`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(graphicRequest()), signal: signal ?? null })
}

const lines = (output: string): Array<Record<string, unknown>> => output.trim().split('\n').map(line => JSON.parse(line))

t.test('a service listens on a free port, says so, answers, and ends with 0 on SIGTERM', async t => {
  const service = start(t, '../../../services/kit/example.ts')
  const message = await listening(service)
  t.match(message, { type: 'listening', service: 'brightness', port: Number })
  t.strictSame(await (await fetch(`http://127.0.0.1:${message.port}/health`)).json(), { status: 'healthy' })
  const response = await post(message.port)
  t.equal(response.status, 200)
  t.match(await response.json(), { name: 'org.example.preprocessor.brightness', data: { brightness: Number } })
  service.child.kill('SIGTERM')
  t.strictSame(await service.exit, [0, null])
  const log = lines(await service.output)
  t.equal(log.filter(({ msg }) => /listens at http:\/\/127\.0\.0\.1:\d+/.test(String(msg))).length, 1)
  t.ok(log.every(({ name }) => name === 'brightness'), 'every line names the service')
})

t.test('work in flight is finished before a stopping service ends', async t => {
  const service = start(t, './slow-service.ts')
  const { port } = await listening(service)
  const answer = post(port)
  t.match(await once(service.child, 'message'), [{ type: 'working' }])
  service.child.kill('SIGTERM')
  const ask = () => fetch(`http://127.0.0.1:${port}/health`).then(async response => response.status, () => 'refused')
  let refused = await ask()
  // The signal is on its way.
  while (refused === 200) refused = await ask()
  t.ok([503, 'refused'].includes(refused), 'nothing new is taken')
  service.child.send('finish')
  const response = await answer
  t.equal(response.status, 200)
  t.equal(response.headers.get('connection'), 'close', 'so that the connection does not keep the service')
  await response.json()
  t.strictSame(await service.exit, [0, null])
})

t.test('a service that starts when its starter has already gone ends at once', async t => {
  const service = start(t, './slow-service.ts')
  service.child.disconnect()
  t.strictSame(await service.exit, [0, null])
})

t.test('a service that cannot warm up ends with 1', async t => {
  const service = start(t, './slow-service.ts', { BREAK: 'warm-up' })
  t.strictSame(await service.exit, [1, null])
  t.ok(lines(await service.output).some(({ msg }) => msg === 'the warm-up has failed'))
})

t.test('a port that is taken ends a service with 1, and the end of its starter with 0', async t => {
  const service = start(t, './slow-service.ts')
  const { port } = await listening(service)
  t.strictSame(await start(t, './slow-service.ts', { PORT: String(port) }).exit, [1, null])
  service.child.disconnect()
  t.strictSame(await service.exit, [0, null])
})

t.test('an error that nothing caught ends it with 1, logged without its message', async t => {
  const service = start(t, './slow-service.ts', { BREAK: 'process' })
  const { port } = await listening(service)
  const answer = post(port).catch(() => undefined)
  t.strictSame(await service.exit, [1, null])
  const output = await service.output
  t.match(output, /slow-service\.ts/)
  t.notMatch(output, /secret/)
  await answer
})
