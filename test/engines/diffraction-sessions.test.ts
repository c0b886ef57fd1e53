// Sessions in a real Redis that is written to, hangs, dies and comes back, with a real server in front.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { Redis } from 'ioredis'
import t from 'tap'
import { build } from '../helper.ts'
import { makeSigner } from '../lib/diffraction/sessions/signed-session.ts'
import { startEngine } from './stores.ts'

t.test('a server asks Redis for sessions', { timeout: 60_000 }, async t => {
  const engine = await startEngine(t, 'redis')
  const signer = makeSigner()
  const base = mkdtempSync(path.join(tmpdir(), 'tutti-sessions-'))
  t.teardown(() => rmSync(base, { recursive: true, force: true }))
  const folder = path.join(base, 'frames')
  mkdirSync(folder)
  writeFileSync(path.join(base, 'key.pem'), signer.pem)
  const url = `redis://127.0.0.1:${engine.port}`
  const redis = new Redis(url, { maxRetriesPerRequest: null })
  redis.on('error', () => {})
  t.teardown(() => redis.disconnect())
  const server = await build(t, {
    env: { MODULES: 'diffraction', DIFFRACTION_IDENTITY: 'single', DIFFRACTION_ROOT: folder, DIFFRACTION_REDIS_URL: url, DIFFRACTION_PUBLIC_KEY: path.join(base, 'key.pem'), DIFFRACTION_RATE_LIMIT: '0' }
  })
  const asked = async (pid: string) => (await server.send('/diffraction/files?esaf=1', { headers: { authorization: `Bearer ${pid}` } })).status
  const signIn = async (pid: string) => await redis.hset(pid, signer.sign({ uid: userInfo().username, pid, role: 'user', allowedESAFs: [1] }))

  t.test('signing in, forging, signing out', async t => {
    t.equal(await asked('p1'), 401)
    await signIn('p1')
    t.equal(await asked('p1'), 200)
    await redis.hset('p2', makeSigner().sign({ uid: 'root', pid: 'p2', allowedESAFs: [1] }))
    t.equal(await asked('p2'), 401)
    await redis.set('p3', 'no hash')
    t.equal(await asked('p3'), 401)
    await redis.del('p1')
    t.equal(await asked('p1'), 401)
  })

  t.test('while Redis hangs or is dead there is an answer, and when it is back all goes on', async t => {
    await signIn('p1')
    await engine.hold()
    t.equal(await asked('p1'), 503)
    t.match((await server.send('/health/ready')).json, { diffraction: { trouble: { cause: /./ } } })
    engine.release()
    while (await asked('p1') !== 200) await pause(50)
    await engine.kill()
    t.equal(await asked('p1'), 503)
    await engine.start()
    await signIn('p1')
    while (await asked('p1') !== 200) await pause(50)
    t.notOk('diffraction' in ((await server.send('/health/ready')).json as object))
  })
})
