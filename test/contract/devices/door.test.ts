// Who may come to which route of devices: a table of all of them, tokens, guessing, and pages of other origins.
import { once } from 'node:events'
import t from 'tap'
import { WebSocket } from 'ws'
import { buildDevices } from '../../devices-server.ts'
import type { DevicesServer } from '../../devices-server.ts'

const operator = 'an-operator-token-of-tests'

/** Routes for devices besides people, and for everybody; all others are for people alone. */
const forDevices = [
  'POST /file/device/discovery/register', 'GET /file/module/{id}/description', 'GET /file/module/{id}/{filename}', 'POST /device/logs',
  'PUT /{deployment}/modules/core:Datalist/push', 'GET /{deployment}/modules/core:Datalist/get', 'DELETE /{deployment}/modules/core:Datalist/delete',
  'POST /api/v1/devices', 'GET /api/v1/modules/{id}/wasm', 'GET /api/v1/modules/{id}/files/{mount}'
]
const forAll = ['GET /.well-known/wasmiot-device-description']
/** Of other parts of the server. */
const others = /^\/(?:configuration|docs|health|metrics)/

function routesOf ({ app }: DevicesServer): string[] {
  return Object.entries(app.swagger().paths ?? {}).flatMap(([path, methods]) => others.test(path) ? [] : Object.keys(methods ?? {}).map(method => `${method.toUpperCase()} ${path}`)).filter(route => !route.startsWith('OPTIONS'))
}

/** The status of a route; what comes after the headers is not waited for. */
async function statusOf ({ origin }: DevicesServer, route: string, token?: string): Promise<number> {
  const [method = '', path = ''] = route.split(' ')
  const response = await fetch(origin + path.replaceAll(/\{\w+\}/g, '0123456789abcdef01234567'), { method, headers: token === undefined ? {} : { authorization: `Bearer ${token}` } })
  await response.body?.cancel()
  return response.status
}

async function makeToken (server: DevicesServer, body: object = { name: 'pi' }): Promise<{ id: string, token: string }> {
  const { json } = await server.post('/api/v1/device-tokens', body, { headers: { 'content-type': 'application/json', authorization: `Bearer ${operator}` } })
  return json as { id: string, token: string }
}

// Several servers, each with threads of its own, on a machine that may have much else to do.
t.setTimeout(120_000)

t.test('every route is for those that it is for', async t => {
  const server = await buildDevices(t, { env: { OPERATOR_TOKEN: operator, OPERATOR_RATE_LIMIT: '0' } })
  const { token } = await makeToken(server)
  const routes = routesOf(server)
  t.ok(routes.length > 75, `${routes.length} routes`)
  for (const route of [...forDevices, ...forAll]) t.ok(routes.includes(route), `${route} is there`)
  for (const route of routes) {
    const isOpen = forAll.includes(route)
    const isForDevices = isOpen || forDevices.includes(route)
    t.equal(await statusOf(server, route) === 401, !isOpen, `${route} without a token`)
    t.equal(await statusOf(server, route, token) === 401, !isForDevices, `${route} with that of a device`)
    if (route !== 'DELETE /api/v1/device-tokens/{id}') t.not(await statusOf(server, route, operator), 401, `${route} with that of an operator`)
  }
  t.notMatch(JSON.stringify(server.logs), token, 'and no token is in the log')
  t.notMatch(JSON.stringify(server.logs), operator)
})

t.test('DEVICES_OPEN=true lets everybody in, from pages too', async t => {
  const server = await buildDevices(t, { env: { OPERATOR_TOKEN: operator, OPERATOR_RATE_LIMIT: '0', DEVICES_OPEN: 'true' } })
  for (const route of routesOf(server)) t.not(await statusOf(server, route), 401, route)
  const { headers } = await server.send('/file/device', { method: 'OPTIONS', headers: { origin: 'http://elsewhere.example', 'access-control-request-method': 'DELETE' } })
  t.equal(headers.get('access-control-allow-origin'), '*')
  t.match(headers.get('access-control-allow-methods'), /DELETE/)
})

t.test('tokens', async t => {
  const server = await buildDevices(t, { env: { OPERATOR_TOKEN: operator, OPERATOR_RATE_LIMIT: '3' } })
  const log = (token: string) => statusOf(server, 'POST /device/logs', token)

  t.test('end when they are taken back', async t => {
    const { id, token } = await makeToken(server)
    t.match(token, /^tutti_/)
    t.equal(await log(token), 400, 'in, though without a line')
    const { text } = await server.send('/api/v1/device-tokens', { headers: { authorization: `Bearer ${operator}` } })
    t.match(text, id)
    t.notMatch(text, token, 'which nobody can look up')
    t.equal(await statusOf(server, `DELETE /api/v1/device-tokens/${id}`, operator), 204)
    t.equal(await log(token), 401)
  })
  t.test('cannot be guessed for long, and guessing locks no device out', async t => {
    const { token } = await makeToken(server)
    t.equal(await log(token), 400)
    const statuses = []
    for (let times = 0; times < 5; times++) statuses.push(await log(`tutti_0123456789abcdef01234567_${'x'.repeat(43)}`))
    t.match(statuses, [401, Number, Number, 429, 429])
    t.equal(await log(token), 400, 'whoever was in stays in')
  })
})

t.test('pages of other origins change nothing on a machine without tokens', async t => {
  const server = await buildDevices(t, { env: { WASMIOT_USE_WEB_SOCKETS: 'true' } })
  const headers = (origin: string) => ({ origin, 'content-type': 'text/plain' })
  for (const origin of ['http://elsewhere.example', 'null', 'http://127.0.0.1:1']) {
    t.match(await server.send('/file/device', { method: 'DELETE', headers: headers(origin) }), { status: 403, json: { code: 'TUTTI_FOREIGN_PAGE' } }, origin)
    const socket = new WebSocket(server.origin.replace('http', 'ws'), { origin })
    const [, response] = await once(socket, 'unexpected-response') as [unknown, { statusCode: number, destroy (): void }]
    t.equal(response.statusCode, 403)
    response.destroy()
  }
  t.equal((await server.send('/file/device', { method: 'DELETE', headers: headers(server.origin) })).status, 200, 'its own may')
  const { headers: answered } = await server.send('/file/device', { headers: { origin: 'http://elsewhere.example' } })
  t.equal(answered.get('access-control-allow-origin'), null, 'and others may not read')
})
