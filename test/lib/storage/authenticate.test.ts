// Queries in a thread of their own: in bounded time and number, whatever is stored.
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { sha1 } from 'object-hash'
import t from 'tap'
import type { Test } from 'tap'
import { createAuthenticator } from '../../../lib/storage/authenticate.ts'
import type { AuthenticatorOptions } from '../../../lib/storage/authenticate.ts'
import { numbered } from './files.ts'

const request = { request_uuid: numbered(1), language: 'fr' }
const hash = sha1(request)

function build (t: Test, folder: string, options: Partial<AuthenticatorOptions> = {}) {
  const authenticator = createAuthenticator({ folder, largest: 100000, ...options })
  t.teardown(() => authenticator.close())
  return authenticator.authenticate
}

t.test('an identity that is none never reaches the disk', async t => {
  const authenticate = build(t, t.testdir({ 'request.json': JSON.stringify(request) }))
  for (const text of ['', '.', '..', '../x', '\0', 'a'.repeat(10000), '6f1d2a3b-4c5d-1e6f-8a7b-9c0d1e2f3a4b', `${numbered(1)}/../..`]) {
    t.strictSame(await authenticate(text, hash), { kind: 'malformed' })
  }
})

t.test('a request that takes too long to hash holds up nobody for longer than its time', async t => {
  const folder = t.testdir()
  mkdirSync(path.join(folder, numbered(1)))
  mkdirSync(path.join(folder, numbered(2)))
  // The hash looks through all objects seen so far at each object.
  writeFileSync(path.join(folder, numbered(1), 'request.json'), JSON.stringify(Array.from({ length: 400000 }, () => ({}))))
  writeFileSync(path.join(folder, numbered(2), 'request.json'), JSON.stringify(request))
  const quick = build(t, folder, { largest: 10_000_000, timeout: 1500 })
  t.strictSame(await quick(numbered(1), hash), { kind: 'unreadable' })
  const patient = build(t, folder, { largest: 10_000_000 })
  t.strictSame(await patient(numbered(2), hash), { kind: 'agreed' })
})

t.test('too many queries at a time are told so', async t => {
  const folder = t.testdir({ [numbered(1)]: { 'request.json': JSON.stringify(request) } })
  const authenticate = build(t, folder, { queue: 4 })
  const results = await Promise.all(Array.from({ length: 10 }, () => authenticate(numbered(1), hash)))
  t.strictSame(results.map(({ kind }) => kind), [...Array(4).fill('agreed'), ...Array(6).fill('busy')])
})

t.test('queries are refused once it is closed', async t => {
  const authenticator = createAuthenticator({ folder: t.testdir(), largest: 1000 })
  await authenticator.close()
  t.strictSame(await authenticator.authenticate(numbered(1), hash), { kind: 'busy' })
})
