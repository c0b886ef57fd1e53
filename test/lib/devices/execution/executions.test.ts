// Executions: begun at once, followed, cancelled, with files in and out, and an end in every case.
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import fc from 'fast-check'
import t from 'tap'
import { createExecutions, errorOf } from '../../../../lib/devices/execution/executions.ts'
import type { Execution } from '../../../../lib/devices/execution.ts'
import { newId } from '../../../../lib/devices/id.ts'
import { sized } from '../../../long.ts'
import { deploymentOn, deviceAt, json, startDevice, startExecutions } from './setting.ts'
import type { Answering } from './setting.ts'

const never: Answering = (request, response) => {
  if (request.url?.includes('/modules/') === true) json(response, { resultUrl: '/r' })
  else json(response, { status: 'error', result: 'not there' }, 404)
}

t.test('a function gets its parameters in its order and as they were written', async t => {
  const { deployOn, executions, recorded } = await startExecutions(t)
  const { server, deployment } = await deployOn((_request, response) => { json(response, { result: ['9007199254740993', null] }) }, { parameters: { b: 'integer', a: 'number' } })
  const begun = await executions.start(deployment.name, { parameters: { a: '1.50', b: '9007199254740993', c: 'more' } })
  t.match(begun, { state: 'queued', deployment: deployment.id, parameters: { b: '9007199254740993', a: '1.50' } })
  const ended = await executions.result(begun.id)
  t.match(ended, { state: 'succeeded', result: ['9007199254740993', null], error: undefined })
  t.equal(errorOf(ended), undefined)
  t.strictSame(server.requests, [`GET /${deployment.id}/modules/fibo/run?b=9007199254740993&a=1.50`])
  t.match(ended.progress[0]?.what, /Ignored.*: c/)
  t.strictSame(await executions.get(begun.id), JSON.parse(JSON.stringify(ended)))
  t.strictSame(recorded.map(({ subjectId, reason }) => [subjectId, reason]), [[begun.id, 'ExecutionSucceeded']])
  t.equal(executions.inFlight, 0)
})

t.test('files come to the device and back byte for byte; what went in is removed', async t => {
  const { deployOn, executions, inputs, folder } = await startExecutions(t)
  const sent = randomBytes(300_000)
  const made = randomBytes(200_000)
  let form = new Uint8Array()
  let type = ''
  const { server, deployment } = await deployOn((request, response, body) => {
    if (request.method === 'POST') {
      form = new Uint8Array(body)
      type = request.headers['content-type'] ?? ''
      return json(response, { resultUrl: '/r' })
    }
    if (request.url === '/r') return json(response, { result: [null, ['outFile', '../..', 'lost']], module_name: 'fibo', function_name: 'run' })
    // One agent knows this route alone.
    if (request.url === '/module_results/fibo/outFile') response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(made)
    else json(response, { status: 'error' }, 404)
  }, { method: 'post', execution: ['picture'], output: ['outFile'] })
  const spooled = inputs.begin()
  await spooled.add({ name: 'picture', mediaType: 'text/plain', stream: Readable.from([sent]) })
  await spooled.add({ name: 'notes', mediaType: 'text/plain', stream: Readable.from([Buffer.from('not sent')]) })
  const { id } = await executions.start(deployment.id, { parameters: {}, inputs: spooled })
  const { state, result, outputs, files, progress } = await executions.result(id)
  t.equal(state, 'succeeded')
  t.strictSame(result, [null, ['outFile', '../..', 'lost']], 'the result is as it came')
  t.strictSame(files, ['picture'])
  const got = await new Response(form, { headers: { 'content-type': type } }).formData()
  const picture = got.get('picture') as File
  t.ok(sent.equals(Buffer.from(await picture.arrayBuffer())), 'the device has the bytes')
  t.equal(picture.type, 'image/png', 'of the type that the function expects')
  t.strictSame([...got.keys()], ['picture'])
  t.strictSame(Object.keys(outputs), ['outFile'])
  const { file, stream, size } = await executions.openOutput(id, 'outFile')
  t.strictSame([size, file.mediaType], [made.length, 'image/png'])
  t.ok(made.equals(await buffer(stream)), 'the client has the bytes')
  t.ok(progress.some(({ what }) => what.startsWith('The file lost could not be fetched')))
  t.notOk(server.requests.some(each => each.includes('..')), 'no path is made of a name')
  t.strictSame(await readdir(path.join(folder, 'inputs')), [])
  t.strictSame(await executions.referenced(), new Set([file.sha256]))
  await t.rejects(executions.openOutput(id, 'toString'), { code: 'MISSING' })
})

t.test('files are fetched from wherever on its devices an agent says; those that are too large are told of', async t => {
  const { deployOn, executions, execute } = await startExecutions(t, { maxFile: 1000 })
  const { server, deployment } = await deployOn((request, response) => {
    const url = request.url ?? ''
    if (url === '/elsewhere/a%20b.bin' || url === `/${deployment.id}/modules/other/make/plain`) response.writeHead(200, { 'content-type': 'Text/Plain; charset=utf-8' }).end('made')
    else if (url.endsWith('/own')) response.writeHead(200).end(url === '/request-history/this/own' ? 'of this call' : 'of another call')
    else if (url.endsWith('/large')) response.writeHead(200).end(Buffer.alloc(1001))
    else json(response, { result: [null, ['plain', 'own', 'large', 7, '__proto__', 'x'.repeat(300)]], outputs: ['/elsewhere/a%20b.bin', '/request-history/this/own', 'http://192.0.2.1/secret', null, '/%ff'], module_name: 'other', function_name: 'make' }, url.includes('/modules/fibo/') ? 200 : 404)
  })
  const { id, state, outputs, progress } = await execute(deployment)
  t.equal(state, 'succeeded')
  t.strictSame(Object.keys(outputs), ['plain', 'own', 'a b.bin'])
  t.equal(String(await buffer((await executions.openOutput(id, 'own')).stream)), 'of this call')
  t.equal(outputs.plain?.mediaType, 'text/plain')
  t.equal(String(await buffer((await executions.openOutput(id, 'a b.bin')).stream)), 'made')
  const told = progress.map(({ what }) => what).join('\n')
  for (const name of ['large', 'secret', '__proto__']) t.match(told, new RegExp(`The file ${name} could not be fetched`))
  t.notOk(server.requests.some(each => each.includes('secret')))
})

t.test('F28: whatever JSON a device answers, the execution ends', async t => {
  const { deployOn, executions } = await startExecutions(t, { timeout: 100, maxFile: 10 })
  let answers: Array<[number, unknown]> = []
  let count = 0
  const { server, deployment } = await deployOn((_request, response) => {
    const [status, value] = answers[count++ % answers.length] ?? [200, null]
    response.writeHead(status).end(JSON.stringify(value) ?? '')
  })
  const text = fc.oneof(fc.string(), fc.constantFrom('/r', '/s?t', 'http://', `${server.url}/x`, 'http://192.0.2.1/', '..', '__proto__'))
  const member = fc.oneof(text, fc.jsonValue(), fc.tuple(fc.jsonValue(), fc.array(text)))
  const entry = fc.record({ result: member, resultUrl: text, status: text, error: member, outputs: member, module_name: member, function_name: member }, { requiredKeys: [] })
  const answer = fc.tuple(fc.constantFrom(200, 200, 200, 201, 302, 404, 500), fc.oneof({ weight: 9, arbitrary: entry }, { weight: 1, arbitrary: fc.jsonValue() }))
  await fc.assert(fc.asyncProperty(fc.array(answer, { minLength: 1, maxLength: 3 }), async given => {
    answers = given
    count = 0
    const { id } = await executions.start(deployment.id, { parameters: {} })
    const ended = await executions.result(id)
    if (ended.state === 'failed') return ['DEVICE_FAILED', 'TIMEOUT', 'TOO_LARGE'].includes(ended.error?.code ?? '')
    return ended.state === 'succeeded'
  }), { numRuns: sized(40, 2000) })
})

t.test('what cannot begin begins nothing, and leaves nothing', async t => {
  const { deployOn, executions, inputs, registry, folder } = await startExecutions(t)
  const { server, device, deployment } = await deployOn(never, { method: 'post', parameters: { n: 'integer' }, execution: ['picture'] })
  const begin = async (parameters: Record<string, string>, name = 'picture', reference = deployment.id) => {
    const spooled = inputs.begin()
    await spooled.add({ name, mediaType: 'image/png', stream: Readable.from([Buffer.from('x')]) })
    return await executions.start(reference, { parameters, inputs: spooled })
  }
  await t.rejects(begin({}), { code: 'REQUEST', details: { name: 'ParameterMissing', param: 'n' } })
  await t.rejects(begin({ n: 'seven' }), { code: 'REQUEST', details: { name: 'ParameterInvalid', param: 'n' } })
  await t.rejects(begin({ n: '7' }, 'photo'), { code: 'REQUEST', details: { name: 'FileMissing', file: 'picture' } })
  await t.rejects(begin({ n: '7' }, 'picture', newId()), { code: 'MISSING' })
  await t.rejects(begin({ n: '7' }, 'picture', '__proto__'), { code: 'MISSING' })
  await registry.deployments.update(deployment.id, before => ({ ...before, rollouts: { [device.id]: { ...before.rollouts[device.id]!, state: 'failed' } } }))
  await t.rejects(begin({ n: '7' }), { code: 'CONFLICT', details: { name: 'DeploymentNotReady', devices: { [device.id]: 'failed' } } })
  await registry.deployments.update(deployment.id, before => ({ ...before, isWanted: false }))
  await t.rejects(begin({ n: '7' }), { code: 'CONFLICT' })
  registry.isDown = true
  await t.rejects(begin({ n: '7' }), { code: 'UNAVAILABLE' })
  registry.isDown = false
  t.strictSame(await executions.list(), [])
  t.equal(server.requests.length, 0)
  t.equal(executions.inFlight, 0)
  t.strictSame(await readdir(path.join(folder, 'inputs')), [])
})

t.test('those beyond the most at one time are told to come again', async t => {
  const { deployOn, executions } = await startExecutions(t, { most: 1 })
  const { deployment } = await deployOn(never)
  const { id } = await executions.start(deployment.id, { parameters: {} })
  await t.rejects(executions.start(deployment.id, { parameters: {} }), { code: 'BUSY' })
  await executions.cancel(id)
  const next = await executions.start(deployment.id, { parameters: {} })
  t.match(await executions.cancel(next.id), { state: 'cancelled' })
})

t.test('a cancelled execution ends at once, and its device is not asked any more', async t => {
  const { deployOn, executions } = await startExecutions(t)
  const hanging = Promise.withResolvers<void>()
  const { server, deployment } = await deployOn(async (_request, response) => {
    hanging.resolve()
    await once(response, 'close')
  })
  const { id } = await executions.start(deployment.id, { parameters: {} })
  await hanging.promise
  const waiting = executions.result(id)
  t.match(await executions.cancel(id), { state: 'cancelled', error: { code: 'CANCELLED' } })
  t.match(await waiting, { state: 'cancelled' })
  t.equal(errorOf(await executions.get(id))?.code, 'CANCELLED')
  t.equal(server.requests.length, 1)
  await t.rejects(executions.cancel(id), { code: 'CONFLICT' })
  await t.rejects(executions.cancel(newId()), { code: 'MISSING' })
})

t.test('whoever waits may stop waiting; the execution runs on', async t => {
  const { deployOn, executions } = await startExecutions(t)
  const { deployment } = await deployOn(never)
  const { id } = await executions.start(deployment.id, { parameters: {} })
  await t.rejects(executions.result(id, AbortSignal.abort()), { code: 'CANCELLED' })
  t.match(await executions.get(id), { error: undefined })
  t.equal(executions.inFlight, 1)
})

t.test('another process follows, waits for, and cancels what runs here', async t => {
  const { deployOn, executions, options, registry } = await startExecutions(t)
  const there = createExecutions({ ...options, registry: registry.join() })
  t.teardown(async () => await there.close())
  const { deployment } = await deployOn(never)
  const { id } = await executions.start(deployment.id, { parameters: {} })
  const seen: string[] = []
  there.follow(id, ({ state }) => { seen.push(state) })
  const waiting = there.result(id)
  t.match(await there.cancel(id), { state: 'cancelled' })
  t.match(await waiting, { state: 'cancelled' })
  t.match(await executions.result(id), { state: 'cancelled' })
  t.equal(seen.at(-1), 'cancelled')
})

t.test('whoever follows is told of each step and of the end', async t => {
  const { deployOn, executions } = await startExecutions(t)
  const asked = Promise.withResolvers<void>()
  const go = Promise.withResolvers<void>()
  const { deployment } = await deployOn(async (_request, response) => {
    asked.resolve()
    await go.promise
    json(response, { result: ['1', null] })
  })
  const { id } = await executions.start(deployment.id, { parameters: {} })
  await asked.promise
  const seen: Execution[] = []
  const stop = executions.follow(id, execution => { seen.push(execution) })
  go.resolve()
  await executions.result(id)
  t.match(seen.at(-1), { state: 'succeeded', result: ['1', null] })
  stop()
})

t.test('F28: a function that only reads runs again where the deployment has moved to; others do not', async t => {
  const { deployOn, executions, registry } = await startExecutions(t)
  const other = await startDevice(t, (_request, response) => { json(response, { result: ['2', null] }) })
  for (const method of ['get', 'post']) {
    const { deployment } = await deployOn(async request => {
      const moved = deploymentOn(deviceAt(other.port), { method })
      await registry.deployments.update(deployment.id, before => ({ ...moved, id: before.id, name: before.name, isInFailover: true }))
      request.socket.destroy()
    }, { method })
    const { id } = await executions.start(deployment.id, { parameters: {} })
    const ended = await executions.result(id)
    if (method === 'get') t.match(ended, { state: 'succeeded', result: ['2', null], isInFailover: true })
    else t.match(ended, { state: 'failed', error: { code: 'DEVICE_FAILED' } })
  }
  t.equal(other.requests.length, 1)
})

t.test('F28: what ran when a server was killed is failed at the next start', async t => {
  const { deployOn, executions, registry, recorded } = await startExecutions(t)
  const { deployment } = await deployOn(never)
  const begun = await executions.start(deployment.id, { parameters: {} })
  const runner = begun.runner.split('/')
  const left = { ...begun, state: 'running' as const }
  // Of a process that is gone, of one that had the number of this one before, and of another machine: that may still be at work, until its time is over.
  await registry.executions.insert({ ...left, id: newId(), runner: `${runner[0]}/4194305/a` })
  await registry.executions.insert({ ...left, id: newId(), runner: `${runner[0]}/${runner[1]}/a` })
  const elsewhere = newId()
  await registry.executions.insert({ ...left, id: elsewhere, runner: 'another machine/1/a' })
  await registry.executions.insert({ ...left, id: newId(), runner: 'another machine/1/a', createdAt: Date.now() - 3600_000 })
  await registry.datalists.insert({ id: newId(), deployment: newId(), values: [] })
  registry.isDown = true
  await executions.lead(true)
  registry.isDown = false
  t.equal((await executions.list()).filter(({ state }) => state === 'failed').length, 0)
  await executions.lead(true)
  const states = new Map((await executions.list()).map(({ id, state }) => [id, state]))
  t.equal([...states.values()].filter(state => state === 'failed').length, 3)
  t.equal(states.get(elsewhere), 'running')
  t.not(states.get(begun.id), 'failed')
  t.match(recorded.at(-1), { reason: 'ExecutionFailed', message: /restarted/ })
  t.equal(await registry.datalists.count(), 0, 'lists of deployments that are gone go too')
  await executions.lead(false)
})

t.test('a server that ends writes down what it leaves', async t => {
  const { deployOn, executions, registry, folder, inputs } = await startExecutions(t)
  const { deployment } = await deployOn(never, { method: 'post', execution: ['a'] })
  const spooled = inputs.begin()
  await spooled.add({ name: 'a', mediaType: 'image/png', stream: Readable.from([Buffer.from('x')]) })
  const { id } = await executions.start(deployment.id, { parameters: {}, inputs: spooled })
  await executions.close()
  t.match(await registry.executions.get(id), { state: 'failed', error: { code: 'UNAVAILABLE' } })
  t.strictSame(await readdir(path.join(folder, 'inputs')), [])
  await t.rejects(executions.start(deployment.id, { parameters: {} }), { code: 'UNAVAILABLE' })
})

t.test('the end is written although the registry could not be reached for a moment', async t => {
  const { deployOn, executions, registry } = await startExecutions(t)
  const { deployment } = await deployOn((_request, response) => {
    registry.isDown = true
    setTimeout(() => { registry.isDown = false }, 150)
    json(response, { result: ['1', null] })
  })
  const { id } = await executions.start(deployment.id, { parameters: {} })
  await executions.result(id)
  t.match(await registry.executions.get(id), { state: 'succeeded' })
})

t.test('a first step on the Datalist is done by the server itself', async t => {
  const { deployOn, executions, inputs, execute } = await startExecutions(t)
  const { server, deployment } = await deployOn(never, { method: 'put', module: 'core:Datalist', func: 'push', parameters: { param0: 'integer' }, execution: ['entry'] })
  t.match(await execute(deployment, { param0: '5' }), { state: 'succeeded', result: ['5'] })
  const spooled = inputs.begin()
  await spooled.add({ name: 'entry', mediaType: 'text/plain', stream: Readable.from([Buffer.from('hello world')]) })
  const { id } = await executions.start(deployment.id, { parameters: {}, inputs: spooled })
  t.strictSame((await executions.result(id)).result, ['5', 'hello world'])
  await t.rejects(executions.start(deployment.id, { parameters: {} }), { code: 'REQUEST', details: { name: 'ParameterMissing' } })
  t.equal(server.requests.length, 0)
})
