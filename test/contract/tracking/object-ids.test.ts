// GET /objectIds: the numbers of all objects, letter by letter as TrackTech writes them; and who may read them.
import { generateKeyPairSync } from 'node:crypto'
import { SignJWT } from 'jose'
import t from 'tap'
import type { Test } from 'tap'
import { build } from '../../helper.ts'
import type { Built } from '../../helper.ts'

const camera = { key: '"hall"', text: Buffer.from('"hall"') }

/** Starts a server, and so many objects. */
async function start (t: Test, objects: number, env: Record<string, string> = {}): Promise<Built> {
  const server = await build(t, { env: { MODULES: 'tracking', DATA_DIR: t.testdir(), ...env } })
  await track(server, objects)
  return server
}

async function track ({ app: { tracking: { exchange } } }: Built, objects: number): Promise<void> {
  exchange.register(camera, 'test')
  await Promise.all(Array.from({ length: objects }, () => exchange.start({ camera, frameId: Buffer.from('1.0'), boxId: Buffer.from('1'), image: undefined })))
}

t.test('the numbers of all objects, with a space behind each comma', async t => {
  const server = await start(t, 0)
  const ask = async (init?: RequestInit) => await server.send('/objectIds', init)
  t.equal((await ask()).text, '{"data":[]}')
  await track(server, 1)
  t.equal((await ask()).text, '{"data":[1]}')
  await track(server, 3)
  await server.app.tracking.exchange.stop(2)
  const { status, headers, text } = await ask()
  t.equal(status, 200)
  t.equal(text, '{"data":[1, 2, 3, 4]}', 'those that have been stopped too')
  t.equal(headers.get('content-type'), 'text/html; charset=UTF-8')
  t.equal(headers.get('access-control-allow-origin'), '*')

  const tag = headers.get('etag') ?? ''
  t.match(tag, /^"[^"]+"$/)
  t.equal((await ask({ headers: { 'if-none-match': tag } })).status, 304)
  await track(server, 1)
  t.equal((await ask({ headers: { 'if-none-match': tag } })).text, '{"data":[1, 2, 3, 4, 5]}')

  const head = await ask({ method: 'HEAD' })
  t.equal(head.status, 200)
  t.equal(head.headers.get('content-length'), String('{"data":[1, 2, 3, 4, 5]}'.length))
  const options = await ask({ method: 'OPTIONS' })
  t.equal(options.text, 'GET,HEAD')
  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) {
    const refused = await ask({ method })
    t.equal(refused.status, 405)
    t.equal(refused.headers.get('access-control-allow-origin'), '*')
  }
  for (const path of ['/objectids', '/objectIds/', '/objectIds/1']) t.equal((await server.send(path)).status, 404, path)
})

t.test('many numbers are sent as they are made', async t => {
  const objects = 30_001
  const server = await start(t, objects)
  const { text } = await server.send('/objectIds')
  t.equal(text, `{"data":[${Array.from({ length: objects }, (_, index) => index + 1).join(', ')}]}`)
  t.equal((await server.send('/objectIds', { method: 'HEAD' })).text, '')
})

t.test('TRACKING_PROTECT_HTTP', async t => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const env = { PUBLIC_KEY: publicKey.export({ type: 'spki', format: 'pem' }).toString(), AUDIENCE: 'tracking', CLIENT_ROLE: 'client', PROCESSOR_ROLE: 'processor' }
  const token = async (role: string) => await new SignJWT({ resource_access: { tracking: { roles: [role] } } }).setProtectedHeader({ alg: 'RS256' }).setAudience('tracking').setExpirationTime('1h').sign(privateKey)
  const paths = ['/objectIds', '/timelines?objectId=1']
  const statuses = async (server: Built, authorization?: string) => await Promise.all(paths.map(async path => (await server.send(path, authorization === undefined ? {} : { headers: { authorization } })).status))

  t.test('off, everybody may read, as TrackTech has it', async t => {
    t.strictSame(await statuses(await start(t, 1, env)), [200, 400])
  })

  t.test('on, those who could be clients', async t => {
    const server = await start(t, 1, { ...env, TRACKING_PROTECT_HTTP: 'on' })
    const good = await token('client')
    t.strictSame(await statuses(server, `Bearer ${good}`), [200, 400])
    t.strictSame(await statuses(server, `bearer  ${good}`), [200, 400])
    for (const authorization of [undefined, '', 'Bearer', 'Bearer ', good, `Basic ${good}`, `Bearer ${good}x`, `Bearer ${good} x`, `Bearer ${await token('processor')}`]) t.strictSame(await statuses(server, authorization), [401, 401], authorization ?? 'none')
    const { headers, text } = await server.send('/objectIds')
    t.equal(headers.get('www-authenticate'), 'Bearer realm="tutti tracking"')
    t.equal(headers.get('access-control-allow-origin'), '*')
    t.match(text, /\(TUTTI_TRACKING_TOKEN\)$/)
    t.match((await server.send('/objectIds', { headers: { accept: 'application/json' } })).json, { code: 'TUTTI_TRACKING_TOKEN' })
    t.equal((await server.send('/objectIds', { method: 'HEAD' })).status, 401)
    t.equal((await server.send('/objectIds', { method: 'OPTIONS' })).status, 200, 'a page may ask what it may send')
    t.equal((await server.send('/objectIds', { headers: { authorization: `Bearer ${good}` } })).headers.get('cache-control'), 'no-store')
  })

  t.test('on, everybody where clients need no token', async t => {
    t.strictSame(await statuses(await start(t, 1, { TRACKING_PROTECT_HTTP: 'on' })), [200, 400])
  })
})
