// F18: a disk that hangs: no call of it ever comes back. Graphics are answered as ever, it shows where operators look, and the server ends all the same.
import path from 'node:path'
import t from 'tap'
import { graphicRequest, handler, made, mockService, rendering, servicesFile, uuid } from '../helper.ts'
import { mountHung } from './hung-folder.ts'
import { startProcess } from './server-process.ts'

t.test('F18: a server whose disk hangs from the start', { timeout: 120_000 }, async t => {
  const folder = mountHung(t)
  if (folder === undefined) return t.comment('needs root and /dev/fuse')
  const text = await mockService(t, made(rendering('text')))
  const server = startProcess(t, {
    SERVICES_FILE: servicesFile(t, { text: handler(text) }), STORE_IMAGE_DATA: 'ON', STORAGE_DIR: path.join(folder, 'store'), SHUTDOWN_TIMEOUT: '0', LOG_LEVEL: 'info'
  })
  const origin = `http://127.0.0.1:${await server.port}`
  await server.logged('requests are not stored')
  const body = JSON.stringify(graphicRequest())
  for (let turn = 0; turn < 5; turn++) {
    const reply = await fetch(`${origin}/render`, { method: 'POST', body, headers: { 'content-type': 'application/json' } })
    t.equal(reply.status, 200)
    await reply.body?.cancel()
  }
  const ready = await fetch(`${origin}/health/ready`)
  t.equal(ready.status, 200)
  t.match(await ready.json(), { storage: { trouble: { cause: 'the disk of STORAGE_DIR does not answer', cure: String } } })
  // Nobody waits for the answer to this one, which takes a thread with it.
  const query = fetch(`${origin}/authenticate/${uuid}/${'0'.repeat(40)}`).catch(() => {})
  server.kill('SIGTERM')
  const { signal, stderr } = await server.ended
  t.match(stderr, /^The disk of STORAGE_DIR does not answer, so [^\n]*\n$/)
  t.equal(signal, 'SIGKILL', 'by its own hand: it was not waited for')
  await query
})
