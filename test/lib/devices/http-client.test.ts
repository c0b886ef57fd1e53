import { once } from 'node:events'
import { createServer } from 'node:https'
import net from 'node:net'
import type { AddressInfo } from 'node:net'
import tls from 'node:tls'
import t from 'tap'
import type { Test } from 'tap'
import { createAddressPolicy } from '../../../lib/devices/address-policy.ts'
import type { NodeDocument } from '../../../lib/devices/deployment.ts'
import { createDeviceClient } from '../../../lib/devices/http-client.ts'
import type { DeviceClientOptions } from '../../../lib/devices/http-client.ts'
import { makeKeyPair } from '../fixtures/key-pair.ts'
import { description, sendJson, startDevice } from './device-server.ts'

const policy = createAddressPolicy({ isLoopbackAllowed: true })

function openClient (t: Test, options: Partial<DeviceClientOptions> = {}) {
  const client = createDeviceClient({ policy, publicHost: 'tutti.example', probeTimeout: 2000, timeout: 2000, ...options })
  t.teardown(() => client.close())
  return client
}

const at = (port: number, ...addresses: string[]) => ({ addresses: addresses.length > 0 ? addresses : ['127.0.0.1'], port, tls: false })

/** A server that takes connections and says nothing. */
async function startSilence (t: Test, host: string, port = 0) {
  const sockets = new Set<net.Socket>()
  const server = net.createServer(socket => {
    sockets.add(socket)
    socket.on('error', () => {})
  })
  server.listen(port, host)
  await once(server, 'listening')
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

t.test('a device tells what it can do and how it is', async t => {
  const device = await startDevice(t)
  const client = openClient(t)
  t.strictSame(await client.describe(at(device.port)), description)
  t.strictSame(await client.health(at(device.port)), { report: { cpuUsage: 12.5, memoryUsage: 0.25 }, isRegistered: false, deployments: undefined, address: '127.0.0.1' })
  t.equal(device.requests[1]?.headers['x-forwarded-for'], 'tutti.example')
  await client.register(at(device.port), 'http://tutti.example:3000')
  t.match(device.requests[2], { method: 'POST', url: '/register', body: '{"url":"http://tutti.example:3000"}' })
  t.equal((await client.health(at(device.port))).isRegistered, true)
})

t.test('a device of ours tells which deployments it holds', async t => {
  const device = await startDevice(t)
  const id = '0123456789abcdef01234567'
  device.answers['/health'] = response => sendJson(response, { cpuUsage: 300, memoryUsage: 'much', deployments: [id, 'no id', 3, id] })
  t.strictSame(await openClient(t).health(at(device.port)), { report: { cpuUsage: 100, memoryUsage: undefined }, isRegistered: false, deployments: [id], address: '127.0.0.1' })
})

t.test('health that is not answered with 200 and a JSON object is none', async t => {
  const device = await startDevice(t)
  const client = openClient(t)
  const answers: Array<[status: number, text: string]> = [[500, '{}'], [404, '{}'], [302, '{}'], [200, 'fine'], [200, '[]'], [200, ''], [200, '{"cpuUsage":'], [200, '['.repeat(30_000)]]
  for (const [status, text] of answers) {
    device.answers['/health'] = response => response.writeHead(status, { location: 'http://127.0.0.1/health' }).end(text)
    await t.rejects(client.health(at(device.port)), { code: 'DEVICE_FAILED' }, `${status} ${text.slice(0, 20)}`)
  }
})

t.test('a description that is none is refused', async t => {
  const device = await startDevice(t)
  const client = openClient(t)
  for (const text of ['{}', '{"platform":{}}', '{"platform":{},"supervisorInterfaces":[1]}', '{"platform":[],"supervisorInterfaces":[]}', '{"platform":{"memory":{"bytes":"1"}},"supervisorInterfaces":[]}', 'null']) {
    device.answers['/.well-known/wasmiot-device-description'] = response => response.end(text)
    await t.rejects(client.describe(at(device.port)), { code: 'DEVICE_FAILED' }, text)
  }
  device.answers['/.well-known/wasmiot-device-description'] = response => response.end(' {"platform":{},"supervisorInterfaces":[],"more":{"__proto__":{"isAdmin":true}}} ')
  const found = await client.describe(at(device.port))
  t.strictSame(found, { platform: {}, supervisorInterfaces: [], more: {} })
})

t.test('a deployment is posted to /deploy, and any status is an answer', async t => {
  const device = await startDevice(t)
  const client = openClient(t)
  const document: NodeDocument = { deploymentId: '0123456789abcdef01234567', modules: [], endpoints: {}, instructions: { modules: {} }, mounts: {} }
  t.match(await client.deploy(at(device.port), document), { status: 200, data: { status: 'success' } })
  t.match(device.requests[0], { method: 'POST', url: '/deploy', headers: { 'content-type': 'application/json' }, body: JSON.stringify(document) })
  device.answers['/deploy'] = response => response.writeHead(500).end('<h1>No</h1>')
  t.match(await client.deploy(at(device.port), document), { status: 500, data: '<h1>No</h1>' })
  t.match(await client.undeploy(at(device.port), document.deploymentId), { status: 404 })
  t.match(device.requests.at(-1), { method: 'DELETE', url: `/deploy/${document.deploymentId}` })
})

t.test('all addresses are tried, and the one that answered last is the first next time', async t => {
  const device = await startDevice(t, { host: '127.0.0.3' })
  await startSilence(t, '127.0.0.2', device.port)
  const client = openClient(t, { probeTimeout: 450 })
  const endpoint = at(device.port, '127.0.0.1', '127.0.0.2', '127.0.0.3')
  const before = performance.now()
  t.equal((await client.health(endpoint)).address, '127.0.0.3')
  const first = performance.now() - before
  const again = performance.now()
  await client.health(endpoint)
  t.ok(performance.now() - again < first, 'the silent one is not asked any more')
  await device.stop()
  await t.rejects(client.health(endpoint), { name: 'DevicesError' })
})

t.test('a device that says nothing is given up in time', async t => {
  const port = await startSilence(t, '127.0.0.1')
  const client = openClient(t, { probeTimeout: 50, timeout: 50, callTimeout: 50 })
  await t.rejects(client.health(at(port)), { code: 'TIMEOUT' })
  await t.rejects(client.undeploy(at(port), 'x'), { code: 'TIMEOUT' })
  await t.rejects(client.send({ url: `http://127.0.0.1:${port}/`, method: 'GET' }), { code: 'TIMEOUT' })
})

t.test('a device that answers for ever is given up in time', async t => {
  const device = await startDevice(t)
  device.answers['/health'] = response => {
    response.writeHead(200)
    const timer = setInterval(() => response.write(' '), 5)
    response.once('close', () => clearInterval(timer))
  }
  await t.rejects(openClient(t, { probeTimeout: 60 }).health(at(device.port)), { code: 'TIMEOUT' })
})

t.test('whoever does not want to wait need not', async t => {
  const port = await startSilence(t, '127.0.0.1')
  const client = openClient(t)
  const asked = new AbortController()
  const probe = client.health(at(port, '127.0.0.1', '127.0.0.2'), asked.signal)
  setImmediate(() => asked.abort())
  await t.rejects(probe, { code: 'CANCELLED' })
  await t.rejects(client.send({ url: `http://127.0.0.1:${port}/`, method: 'GET' }, AbortSignal.abort()), { code: 'CANCELLED' })
})

t.test('answers that are too long are broken off', async t => {
  const device = await startDevice(t)
  device.answers['/health'] = response => response.end(`{"more":"${'x'.repeat(70_000)}"}`)
  device.answers['/file'] = response => response.end('x'.repeat(2000))
  const client = openClient(t, { maxFile: 1000 })
  await t.rejects(client.health(at(device.port)), { code: 'TOO_LARGE' })
  const { body } = await client.send({ url: `http://127.0.0.1:${device.port}/file`, method: 'GET' })
  await t.rejects(async () => { for await (const chunk of body) t.ok(chunk.length <= 1000) }, { code: 'TOO_LARGE' })
})

t.test('nothing is connected to that the policy does not allow', async t => {
  const device = await startDevice(t)
  const client = openClient(t, { policy: createAddressPolicy() })
  await t.rejects(client.health(at(device.port)), { code: 'ADDRESS_REFUSED' })
  const urls = [
    `http://127.0.0.1:${device.port}/`, `http://localhost:${device.port}/`, `http://2130706433:${device.port}/`, `http://[::ffff:127.0.0.1]:${device.port}/`, 'http://169.254.169.254/latest',
    'file:///etc/passwd', 'ftp://10.0.0.1/', 'http://user:word@10.0.0.1/', 'nonsense', '//10.0.0.1/'
  ]
  for (const url of urls) await t.rejects(client.send({ url, method: 'GET' }), { code: 'ADDRESS_REFUSED' }, url)
  t.equal(device.requests.length, 0)
})

t.test('redirects are answers like others', async t => {
  const device = await startDevice(t)
  device.answers['/away'] = response => response.writeHead(302, { location: `http://127.0.0.1:${device.port}/health` }).end()
  const { status, body } = await openClient(t).send({ url: `http://127.0.0.1:${device.port}/away`, method: 'GET' })
  t.equal(status, 302)
  body.destroy()
  t.equal(device.requests.length, 1)
})

t.test('files go out as a form of known length, and what comes back is read as it comes', async t => {
  const device = await startDevice(t)
  device.answers['/d/modules/m/f'] = response => response.writeHead(200, { 'content-type': 'Image/PNG; q=1' }).end('picture')
  const client = openClient(t)
  const bytes = Buffer.from('some bytes')
  const part = { name: 'in"File', filename: 'a\r\nb.bin', mediaType: 'image/png', size: bytes.length, open: async function * () { yield bytes.subarray(0, 3); yield bytes.subarray(3) } }
  const { status, mediaType, body } = await client.send({ url: `http://127.0.0.1:${device.port}/d/modules/m/f?param0=1`, method: 'POST', parts: [part, { ...part, name: 'other' }] })
  t.equal(status, 200)
  t.equal(mediaType, 'image/png')
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  t.equal(Buffer.concat(chunks).toString(), 'picture')
  const [request] = device.requests
  t.equal(request?.url, '/d/modules/m/f?param0=1')
  t.equal(request?.headers['content-length'], String(request?.body.length))
  const form = await new Response(request?.body, { headers: { 'content-type': String(request?.headers['content-type']) } }).formData()
  t.strictSame([...form.keys()], ['in"File', 'other'])
  t.equal(await (form.get('other') as File).text(), 'some bytes')
})

t.test('a file that is not as long as was said ends the call', async t => {
  const device = await startDevice(t)
  const client = openClient(t)
  for (const size of [3, 30]) {
    const part = { name: 'file', filename: 'file', mediaType: 'image/png', size, open: async function * () { yield Buffer.from('ten bytes.') } }
    await t.rejects(client.send({ url: `http://127.0.0.1:${device.port}/x`, method: 'POST', parts: [part] }), { name: 'DevicesError' })
  }
})

t.test('what fails says nothing of addresses', async t => {
  const device = await startDevice(t)
  await device.stop()
  const failure: unknown = await openClient(t).health(at(device.port)).then(() => undefined, error => error)
  t.match(failure, { code: 'DEVICE_FAILED', message: /refuses connections \(ECONNREFUSED\)/ })
  t.notMatch(String(failure), /127\.0\.0\.1/)
})

t.test('a device that speaks TLS must have a certificate of an authority that is known', async t => {
  const pair = await makeKeyPair()
  const server = createServer(pair, (request, response) => { sendJson(response, request.url === '/health' ? {} : description) })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const before = tls.getCACertificates('default')
  t.teardown(() => {
    tls.setDefaultCACertificates(before)
    server.closeAllConnections()
    server.close()
  })
  const endpoint = { ...at((server.address() as AddressInfo).port), tls: true }
  await t.rejects(openClient(t).health(endpoint), { code: 'DEVICE_FAILED', message: /certificate/ })
  tls.setDefaultCACertificates([...before, pair.cert])
  t.strictSame(await openClient(t).describe(endpoint), description)
})

t.test('results are asked for on a kept connection, and one that was closed meanwhile costs nothing', async t => {
  let connections = 0
  const server = net.createServer(socket => {
    connections += 1
    let answers = 0
    socket.on('error', () => {})
    socket.on('data', () => {
      // The third request on a connection finds it closed.
      if (++answers > 2) socket.destroy()
      else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
    })
    t.teardown(() => socket.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const client = openClient(t)
  const ask = async (method: string) => {
    const { status, body } = await client.send({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/request-history/1`, method })
    for await (const chunk of body) t.equal(Buffer.from(chunk).toString(), 'ok')
    // The connection is free a moment after its answer was read.
    await new Promise(resolve => setImmediate(resolve))
    return status
  }
  t.equal(await ask('GET'), 200)
  t.equal(await ask('GET'), 200)
  t.equal(connections, 1)
  t.equal(await ask('GET'), 200)
  t.equal(connections, 2)
  t.equal(await ask('POST'), 200)
  t.equal(connections, 3, 'what runs something has a connection of its own')
})
