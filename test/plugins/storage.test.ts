// Storing as part of a server: after the answer, before the end, and not at all where it is off.
import { readdirSync, utimesSync } from 'node:fs'
import path from 'node:path'
import Fastify from 'fastify'
import t from 'tap'
import type { Test } from 'tap'
import { readConfiguration } from '../../lib/configuration.ts'
import config from '../../plugins/config.ts'
import metrics from '../../plugins/metrics.ts'
import storage from '../../plugins/storage.ts'
import { filesIn, numbered } from '../lib/storage/files.ts'

/** A server that stores whatever is sent to it. */
async function build (t: Test, env: Record<string, string>) {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(config, readConfiguration(env))
  await app.register(metrics)
  await app.register(storage)
  app.post<{ Params: { uuid: string }, Body: unknown }>('/:uuid', async ({ params, body }, reply) => {
    app.storage.saveAfter(reply, { requestUuid: params.uuid, request: Buffer.from(JSON.stringify(body)), response: Buffer.from('"thanks"') })
    return 'thanks'
  })
  return app
}

const post = (number: number) => ({ method: 'POST' as const, url: `/${numbered(number)}`, payload: { number } })

t.test('what was answered before the server ends is stored when it has ended', async t => {
  const folder = t.testdir()
  const app = await build(t, { STORE_IMAGE_DATA: 'ON', STORAGE_DIR: folder })
  for (let number = 0; number < 5; number++) await app.inject(post(number))
  await app.close()
  t.equal(readdirSync(folder).length, 5)
  t.equal(filesIn(folder)[`${numbered(2)}/request.json`], '{"number":2}')
})

t.test('what is over by the time the server starts is removed', async t => {
  const folder = t.testdir({ [numbered(1)]: { 'request.json': '{}' }, [numbered(2)]: { 'request.json': '{}' }, [numbered(3)]: { 'request.json': '{}', auth: '' }, [numbered(4)]: { auth: '' } })
  const day = 24 * 3600
  for (const [number, seconds] of [[2, 3700], [3, 59 * day], [4, 61 * day]] as const) utimesSync(path.join(folder, numbered(number)), Date.now() / 1000 - seconds, Date.now() / 1000 - seconds)
  const app = await build(t, { STORE_IMAGE_DATA: 'on', STORAGE_DIR: folder })
  await app.storage.idle()
  t.strictSame(readdirSync(folder), [numbered(1), numbered(3)])
  t.match(await app.metrics.text(), /^tutti_storage_removed_total 2$/m)
})

t.test('where it is off nothing is stored, looked for or removed', async t => {
  for (const STORE_IMAGE_DATA of ['OFF', 'true', 'yes']) {
    const folder = t.testdir({ [numbered(1)]: { 'request.json': '{}' } })
    utimesSync(path.join(folder, numbered(1)), 1, 1)
    const app = await build(t, { STORE_IMAGE_DATA, STORAGE_DIR: folder })
    t.equal((await app.inject(post(2))).body, 'thanks')
    await app.storage.idle()
    await app.close()
    t.strictSame(readdirSync(folder), [numbered(1)])
    t.equal(app.storage.isOn, false)
    t.match(await app.metrics.text(), /^tutti_storage_trouble 0$/m)
  }
})
