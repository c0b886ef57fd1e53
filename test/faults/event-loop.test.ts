// F22: an event loop that is held up again and again, as by a plugin that computes: requests that cost something are shed until it has caught up.
import t from 'tap'
import { graphicRequest, handler, made, mockService, rendering, servicesFile } from '../helper.ts'
import { loading, startProcess } from './server-process.ts'
import type { ServerProcess } from './server-process.ts'

const endless = { milliseconds: 200, times: 1e9 }
const none = { milliseconds: 0, times: 0 }

async function ask (server: ServerProcess, path: string, init?: RequestInit) {
  const response = await fetch(`http://127.0.0.1:${await server.port}${path}`, init)
  return { status: response.status, retryAfter: response.headers.get('retry-after'), text: await response.text() }
}

async function render (server: ServerProcess) {
  return await ask(server, '/render', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(graphicRequest()) })
}

/** Asks again and again, so many times at most, until the answer has a status. */
async function until (server: ServerProcess, status: number) {
  for (let left = 2000; ; left--) {
    const reply = await render(server)
    if (reply.status === status || left === 0) return reply
  }
}

t.test('F22: an event loop that is held up for 200 ms', async t => {
  const text = await mockService(t, made(rendering('text')))
  const server = startProcess(t, { SERVICES_FILE: servicesFile(t, { text: handler(text) }), MAX_EVENT_LOOP_DELAY: '150', ...loading('blocking-loop.ts') })
  t.equal((await render(server)).status, 200)

  await t.test('a single time sheds nothing', async t => {
    const shed: number[] = []
    do {
      let count = 0
      await server.tell({ milliseconds: 200, times: 1 })
      // For longer than the second over which the mean is taken.
      const start = performance.now()
      while (performance.now() - start < 1500) if ((await render(server)).status === 503) count += 1
      shed.push(count)
      // The machine that tests may itself hold up the loop, but not each time.
    } while (shed.at(-1) !== 0 && shed.length < 5)
    t.equal(shed.at(-1), 0, `so many were shed: ${shed.join()}`)
  })

  await t.test('again and again sheds graphics', async t => {
    const shed = async () => Number((await ask(server, '/metrics')).text.match(/^tutti_requests_shed_total (\d+)$/m)?.[1])
    const before = await shed()
    await server.tell(endless)
    t.match(await until(server, 503), { status: 503, retryAfter: '1', text: /\(TUTTI_EVENT_LOOP_BEHIND\)$/ })
    const asked = text.received.length
    t.equal((await render(server)).status, 503)
    t.equal(text.received.length, asked, 'nothing is begun')
    for (const path of ['/health', '/health/live', '/health/ready']) t.equal((await ask(server, path)).status, 200, path)
    t.ok(await shed() >= before + 2, 'they are counted')
    await server.tell(none)
    t.match(await until(server, 200), { status: 200, text: /"description":"text"/ }, 'it serves as before once the loop turns')
  })

  server.kill('SIGTERM')
  t.match(await server.ended, { code: 0, stderr: '' })
})
