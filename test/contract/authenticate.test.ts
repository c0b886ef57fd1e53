// GET /authenticate/:uuid/:check over HTTP: every status in its order, empty bodies, and no way out of the storage folder.
import { existsSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { sha1 } from 'object-hash'
import t from 'tap'
import { build, graphicRequest, uuid } from '../helper.ts'
import { rawClient } from '../faults/raw-client.ts'
import { numbered } from '../lib/storage/files.ts'

const request = graphicRequest()
const hash = sha1(request)

t.test('where nothing is stored, everything is 503', async t => {
  for (const STORE_IMAGE_DATA of [undefined, 'OFF', 'off', 'true', 'On', '1']) {
    const server = await build(t, { env: STORE_IMAGE_DATA === undefined ? {} : { STORE_IMAGE_DATA, STORAGE_DIR: t.testdir() } })
    for (const place of [`${uuid}/${hash}`, `no-uuid/${hash}`]) {
      const reply = await server.send(`/authenticate/${place}`)
      t.equal(reply.status, 503)
      t.equal(reply.text, '')
    }
    t.equal(server.logs.some(({ msg }) => msg?.startsWith('STORE_IMAGE_DATA is neither')), ['true', 'On', '1'].includes(STORE_IMAGE_DATA ?? ''), 'a word that is none is told')
  }
})

t.test('where requests are stored', async t => {
  const root = t.testdir({
    outside: { 'request.json': JSON.stringify(request) },
    store: { [uuid]: { 'request.json': JSON.stringify(request) }, [uuid.toUpperCase()]: {}, [numbered(1)]: { 'request.json': '{' }, [numbered(2)]: { 'request.json': JSON.stringify({ ...request, language: 'fr' }) } }
  })
  const store = path.join(root, 'store')
  writeFileSync(path.join(root, 'request.json'), JSON.stringify(request))
  symlinkSync(path.join(root, 'outside'), path.join(store, numbered(3)))
  const server = await build(t, { env: { STORE_IMAGE_DATA: 'on', STORAGE_DIR: store } })

  const cases: Array<[what: string, place: string, status: number]> = [
    ['a text that is no identity', `no-uuid/${hash}`, 400],
    ['an identity of version 1', `6f1d2a3b-4c5d-1e6f-8a7b-9c0d1e2f3a4b/${hash}`, 400],
    ['a way up', `..%2f/${hash}`, 400],
    ['a way up and down again', `..%2foutside/${hash}`, 400],
    ['dots alone', `%2e%2e%2f%2e%2e/${hash}`, 400],
    ['a backslash', `..%5coutside/${hash}`, 400],
    ['NUL', `%00/${hash}`, 400],
    ['NUL behind an identity', `${uuid}%00/${hash}`, 400],
    ['a slash behind an identity', `${uuid}%2f/${hash}`, 400],
    ['10 kilobytes', `${'a'.repeat(10000)}/${hash}`, 400],
    ['an unknown identity', `${numbered(9)}/${hash}`, 401],
    ['an identity in other letters', `${uuid.toUpperCase()}/${hash}`, 401],
    ['a link', `${numbered(3)}/${hash}`, 401],
    ['what is stored and no JSON', `${numbered(1)}/${hash}`, 500],
    ['another request', `${numbered(2)}/${hash}`, 401],
    ['a wrong check', `${uuid}/x`, 401],
    ['a check in upper case', `${uuid}/${hash.toUpperCase()}`, 401],
    ['a check of 10 kilobytes', `${uuid}/${'0'.repeat(10000)}`, 401],
    ['a check with a way up', `${uuid}/..%2f..%2f${hash}`, 401]
  ]
  for (const [what, place, status] of cases) {
    t.test(`F19: ${what}: ${status}`, async t => {
      // By hand: fetch would tidy the path.
      const client = await rawClient(t, server.port)
      await client.write(`GET /authenticate/${place} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`)
      const text = await client.closed
      t.match(text, new RegExp(`^HTTP/1\\.1 ${status} `))
      t.match(text, /\r\n\r\n$/, 'nothing in the body')
      for (const folder of [store, path.join(root, 'outside'), root, path.join(store, uuid)]) t.notOk(existsSync(path.join(folder, 'auth')))
    })
  }

  t.test('a segment that is missing, more of them, and other methods: 404', async t => {
    for (const place of ['', '/', `/${uuid}`, `/${uuid}/`, `//${hash}`, `/${uuid}/${hash}/x`]) t.equal((await server.send(`/authenticate${place}`)).status, 404, place)
    for (const method of ['POST', 'PUT', 'DELETE']) t.equal((await server.send(`/authenticate/${uuid}/${hash}`, { method })).status, 404)
    t.notOk(existsSync(path.join(store, uuid, 'auth')))
  })

  t.test('the right check: 200 each time, and the request is marked', async t => {
    for (const place of [`/authenticate/${uuid}/${hash}`, `/AUTHENTICATE/${uuid}/${hash}/`]) {
      const reply = await server.send(place)
      t.equal(reply.status, 200)
      t.equal(reply.text, '')
      t.ok(existsSync(path.join(store, uuid, 'auth')))
    }
  })

  t.test('no hash comes into the log', async t => {
    t.notOk(server.logs.some(line => JSON.stringify(line).includes(hash)))
  })
})
