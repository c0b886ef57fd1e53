// From the first answer of a device to its result, over real HTTP.
import t from 'tap'
import { newId } from '../../../../lib/devices/id.ts'
import { deviceAt, json, startDevice, startExecutions } from './setting.ts'

const isCall = (url: string | undefined) => url?.includes('/modules/') === true

t.test('a result that is not there at once is looked for again soon, and more and more rarely', async t => {
  const { deployOn, execute } = await startExecutions(t)
  const looks: number[] = []
  const { server, deployment } = await deployOn((request, response) => {
    if (isCall(request.url)) return json(response, { resultUrl: '/request-history/1' })
    looks.push(performance.now())
    if (looks.length < 6) return json(response, { status: 'error', result: 'not there' }, 404)
    json(response, { request_id: '1', result: ['233', null], success: true })
  }, { method: 'post' })
  const { state, result, resultText } = await execute(deployment)
  t.equal(state, 'succeeded')
  t.strictSame(result, ['233', null])
  t.equal(resultText, undefined)
  t.strictSame(server.requests, [`POST /${deployment.id}/modules/fibo/run`, ...Array.from({ length: 6 }, () => 'GET /request-history/1')])
  const gaps = looks.slice(1).map((time, index) => time - looks[index]!)
  // 20, 30, 45, 68, 101 ms by timers, which never fire early: the last gap is the longest of those that were meant, and all of them together are far from the 5 s of one look of the reference.
  t.ok(gaps.at(-1)! >= 95 && gaps.reduce((sum, gap) => sum + gap) < 5000, gaps.map(Math.round).join(', '))
})

t.test('a result in the first answer is the end, also next to an address', async t => {
  const { deployOn, execute } = await startExecutions(t)
  let resultUrl = ''
  const { server, deployment } = await deployOn((_request, response) => { json(response, { result: ['1', null], resultUrl }) })
  for (const [said, told] of [['http://192.0.2.1/elsewhere', 'http://192.0.2.1/elsewhere'], ['/here', `${server.url}/here`], ['http://', undefined], ['data:,x', undefined]] as const) {
    resultUrl = said
    const ended = await execute(deployment)
    t.match(ended, { state: 'succeeded', result: ['1', null] })
    t.equal(ended.resultUrl, told)
  }
  t.equal(server.requests.length, 4)
})

t.test('a result that is an address leads to the next device', async t => {
  const { deployOn, execute, registry } = await startExecutions(t)
  const last = await startDevice(t, (_request, response) => { json(response, { result: ['42', null] }) })
  await registry.devices.insert(deviceAt(last.port))
  const { server, deployment } = await deployOn((request, response) => {
    json(response, isCall(request.url) ? { resultUrl: `${server.url}/request-history/1` } : { result: `${last.url}/request-history/9` })
  })
  const { result, progress } = await execute(deployment)
  t.strictSame(result, ['42', null])
  t.strictSame(last.requests, ['GET /request-history/9'])
  t.ok(progress.some(({ what }) => what.includes('next device')), 'progress tells of it')
})

t.test('a text that only looks like an address is a result', async t => {
  const { deployOn, execute } = await startExecutions(t)
  const { deployment } = await deployOn((_request, response) => { json(response, { result: 'note: http and all' }) })
  t.equal((await execute(deployment)).result, 'note: http and all')
})

t.test('numbers of 64 bits stay exact', async t => {
  const { deployOn, execute } = await startExecutions(t)
  const { deployment } = await deployOn((_request, response) => { json(response, '{"n": 3, "result": [9223372036854775807, {"f": 1.0}]}') })
  t.equal((await execute(deployment)).resultText, '[9223372036854775807,{"f":1.0}]')
})

t.test('what a device must not answer ends the execution with what it said', async t => {
  const cases: Array<[string, (url: string) => [number, string], unknown]> = [
    ['500 to the call', () => [500, '{"status":"error","result":"deployment does not exist"}'], { status: 'error', result: 'deployment does not exist' }],
    ['a redirect', () => [302, ''], ''],
    ['an error', () => [200, '{"error":"no camera"}'], { error: 'no camera' }],
    ['the status of an error', () => [200, '{"status":"error","result":"broken"}'], { status: 'error', result: 'broken' }],
    ['neither result nor address', () => [200, '{"hello":1}'], { hello: 1 }],
    ['no JSON', () => [200, '<html>'], '<html>'],
    ['JSON that is no object', () => [200, '[1]'], [1]],
    ['a run that failed', url => url.includes('/modules/') ? [200, '{"resultUrl":"/r"}'] : [500, '{"success":false,"result":"trap"}'], { success: false, result: 'trap' }],
    ['404 with an error', url => url.includes('/modules/') ? [200, '{"resultUrl":"/r"}'] : [404, '{"error":"gone"}'], { error: 'gone' }],
    ['a redirect for a result', url => url.includes('/modules/') ? [200, '{"resultUrl":"/r"}'] : [301, '{"see":"/s"}'], { see: '/s' }],
    ['a circle', url => url === '/a' ? [200, '{"resultUrl":"/b"}'] : url === '/b' ? [200, '{"resultUrl":"/a"}'] : [200, '{"resultUrl":"/a"}'], { resultUrl: '/a' }]
  ]
  const { deployOn, execute } = await startExecutions(t)
  let answers: (url: string) => [number, string] = () => [200, '{}']
  const { deployment } = await deployOn((request, response) => {
    const [status, body] = answers(request.url ?? '')
    response.writeHead(status, { 'content-type': 'application/json', location: '/elsewhere' }).end(body)
  })
  for (const [what, answer, details] of cases) {
    answers = answer
    const { state, error } = await execute(deployment)
    t.equal(state, 'failed', what)
    t.equal(error?.code, 'DEVICE_FAILED', what)
    t.strictSame(error?.details, details, what)
  }
})

t.test('F28: a device that sends on and on is not followed for ever', async t => {
  const { deployOn, execute } = await startExecutions(t)
  let hop = 0
  const { server, deployment } = await deployOn((_request, response) => { json(response, { resultUrl: `/hop/${++hop}` }) })
  t.match(await execute(deployment), { state: 'failed', error: { code: 'DEVICE_FAILED' } })
  t.equal(server.requests.length, 32)
})

t.test('S7: nobody but devices is asked for results', async t => {
  const { deployOn, execute } = await startExecutions(t)
  const inner = await startDevice(t, (_request, response) => { json(response, { result: 'a secret' }) })
  let named = ''
  const { deployment } = await deployOn((_request, response) => { json(response, { resultUrl: named }) })
  for (named of [inner.url, 'http://169.254.169.254/latest/meta-data', 'http://localhost/x', 'http://[::ffff:127.0.0.1]/x', `http://127.0.0.1:${inner.port}@${inner.url.slice(7)}/`]) {
    t.match(await execute(deployment), { state: 'failed', error: { code: 'DEVICE_FAILED' } }, named)
  }
  t.equal(inner.requests.length, 0)
})

t.test('a result that never comes is given up at the deadline', async t => {
  const { deployOn, executions } = await startExecutions(t, { timeout: 300 })
  const { server, deployment } = await deployOn((request, response) => {
    if (isCall(request.url)) json(response, { resultUrl: '/r' })
    else json(response, { status: 'error', result: 'not there' }, 404)
  })
  const { id } = await executions.start(deployment.id, { parameters: {} })
  t.match(await executions.result(id), { state: 'failed', error: { code: 'TIMEOUT' } })
  // 20, 30, 45, 68, 101 ms …: looks become rarer.
  t.ok(server.count('/r') <= 7, `${server.count('/r')} looks`)
})

t.test('F28: an answer that drips does not outlast the deadline, and one that is huge is not read', async t => {
  const { deployOn, executions, execute } = await startExecutions(t)
  const { deployment } = await deployOn((_request, response) => {
    response.writeHead(200).write('{')
    const timer = setInterval(() => response.write(' '), 20)
    response.once('close', () => clearInterval(timer))
  })
  const { id } = await executions.start(deployment.id, { parameters: {} }, { timeout: 200 })
  t.match(await executions.result(id), { state: 'failed', error: { code: 'TIMEOUT' } })

  let sent = 0
  const huge = await deployOn((_request, response) => {
    response.writeHead(200)
    const more = () => {
      for (let isTaken = true; isTaken && !response.destroyed; sent += 65536) isTaken = response.write(Buffer.alloc(65536, ' '))
    }
    response.on('drain', more)
    more()
  })
  t.match(await execute(huge.deployment), { state: 'failed', error: { code: 'TOO_LARGE' } })
  t.ok(sent < 32 * 1024 * 1024, `${sent} bytes were taken from the device`)
})

t.test('a device that breaks the connection once while its result is waited for is asked again', async t => {
  const { deployOn, execute } = await startExecutions(t)
  let broken = 0
  const { deployment } = await deployOn((request, response) => {
    if (isCall(request.url)) json(response, { resultUrl: '/r' })
    else if (broken++ === 0) request.socket.destroy()
    else json(response, { result: ['7', null] })
  }, { method: 'post' })
  t.strictSame((await execute(deployment)).result, ['7', null])
})

t.test('a list of this server at the end of a chain is read here, if it is that of the deployment', async t => {
  const { deployOn, execute, registry } = await startExecutions(t)
  let named = ''
  const { deployment } = await deployOn((_request, response) => { json(response, { result: `http://tutti.test:8080/${named}/modules/core:Datalist/get` }) })
  await registry.datalists.insert({ id: deployment.id, deployment: deployment.id, values: ['one', 'two'] })
  named = deployment.id
  t.strictSame((await execute(deployment)).result, ['one', 'two'])
  named = newId()
  t.match(await execute(deployment), { state: 'failed', error: { code: 'DEVICE_FAILED' } })
})
