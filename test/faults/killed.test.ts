// F21: a server that is killed in the middle of its work; nothing that it left holds up the next one.
import { readdirSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { isRequestUuid, parsePassage } from '../../lib/storage/layout.ts'
import { found, graphicRequest, handler, hang, made, mockService, names, preprocessor, rendering, servicesFile, uuid } from '../helper.ts'
import { sized } from '../long.ts'
import { startProcess } from './server-process.ts'

async function render (port: number, request = graphicRequest()) {
  const response = await fetch(`http://127.0.0.1:${port}/render`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(request) })
  return { status: response.status, text: await response.text() }
}

/** Servers that are killed. */
const rounds = sized(1, 10)

t.test('F21: a server is killed with requests in flight, and the next one starts and serves with what it left', async t => {
  const look = await mockService(t, found(names.preprocessor('look'), { seen: true }))
  const text = await mockService(t, made(rendering('text')))
  const SERVICES_FILE = servicesFile(t, { look: preprocessor(look), text: handler(text, { required_dependencies: 'look' }) })
  const folder = path.dirname(SERVICES_FILE)
  const environment = {
    SERVICES_FILE,
    PARALLEL_PREPROCESSORS: 'ON',
    STORE_IMAGE_DATA: 'ON',
    STORAGE_DIR: `${folder}/stored`,
    DATA_DIR: `${folder}/own`
  }
  for (let round = 0; round < rounds; round++) {
    const server = startProcess(t, environment)
    const port = await server.port
    look.behaviour = found(names.preprocessor('look'), { seen: true })
    t.match(await render(port), { status: 200, text: /"description":"text"/ })
    look.behaviour = hang
    const asked = look.received.length
    const lost = Array.from({ length: 8 }, (_, number) => t.rejects(render(port, graphicRequest({ request_uuid: `6f1d2a3b-4c5d-4e6f-8a7b-9c0d1e2f3a0${number}` }))))
    await look.request(asked + 8)
    server.kill('SIGKILL')
    t.match(await server.ended, { signal: 'SIGKILL' })
    await Promise.all(lost)
  }
  const last = startProcess(t, environment)
  look.behaviour = found(names.preprocessor('look'), { seen: true })
  const port = await last.port
  t.equal((await fetch(`http://127.0.0.1:${port}/health/ready`)).status, 200)
  t.match(await render(port), { status: 200, text: /"description":"text"/ })
  last.kill('SIGTERM')
  t.match(await last.ended, { code: 0, stderr: '' })
  const stored = readdirSync(`${folder}/stored`)
  t.ok(stored.includes(uuid))
  t.strictSame(stored.filter(name => !isRequestUuid(name) && parsePassage(name) === undefined), [], 'what is stored has names that the next server knows, and removes in time')
})
