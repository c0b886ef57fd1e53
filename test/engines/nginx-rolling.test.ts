// Replacing orchestrators one by one behind nginx, under load, as a rolling update does: no request is lost, not even one whose
// orchestrator is killed.
import t from 'tap'
import { descriptions, found, graphicRequest, handler, made, mockService, names, preprocessor, rendering, servicesFile } from '../helper.ts'
import { startProcess } from '../faults/server-process.ts'
import type { ServerProcess } from '../faults/server-process.ts'
import { startNameServer, startNginx } from './nginx.ts'

t.test('orchestrators behind nginx, under load', async t => {
  const look = await mockService(t, found(names.preprocessor('look'), {}))
  const text = await mockService(t, made(rendering('text')))
  const services = servicesFile(t, { look: preprocessor(look), text: handler(text, { required_dependencies: 'look' }) })
  const start = (address: string, port: number) => startProcess(t, {
    HOST: address, PORT: String(port), SERVICES_FILE: services, PARALLEL_PREPROCESSORS: 'ON', MAX_BODY: '10mb', LOG_LEVEL: 'info'
  })
  const first = start('127.0.0.2', 0)
  const port = await first.port
  const second = start('127.0.0.3', port)
  await second.port

  // Both addresses stay known throughout: Docker's name server may be late with the news.
  const nameServer = await startNameServer(t, ['127.0.0.2', '127.0.0.3'])
  const { origin } = await startNginx(t, 'entry', {
    ORCHESTRATOR: `orchestrator:${port}`, RESOLVER: nameServer.place, MAX_BODY: '10mb', REQUEST_TIMEOUT: '60000', RECEIVE_TIMEOUT: '60000'
  })

  const load = new AbortController()
  const answers = new Map<string, number>()
  const client = async () => {
    while (!load.signal.aborted) {
      const response = await fetch(`${origin}/render`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(graphicRequest()) })
      const answer = `${response.status} ${response.status === 200
        ? descriptions({ status: 200, headers: response.headers, text: '', json: await response.json() })
        : await response.text()}`
      answers.set(answer, (answers.get(answer) ?? 0) + 1)
    }
  }
  const clients = Promise.all(Array.from({ length: 4 }, client))
  const more = async () => await text.request(text.received.length + 50)

  const replace = async (server: ServerProcess, address: string): Promise<ServerProcess> => {
    server.kill('SIGTERM')
    t.equal((await server.ended).code, 0, 'the orchestrator has stopped in good order')
    await more()
    const successor = start(address, port)
    await successor.port
    await more()
    return successor
  }
  await more()
  const third = await replace(first, '127.0.0.2')
  await replace(second, '127.0.0.3')
  third.kill('SIGKILL')
  await third.ended
  await more()

  load.abort()
  await clients
  t.strictSame([...answers.keys()], ['200 text'], 'every request was answered, with everything')
  t.ok((answers.get('200 text') ?? 0) > 200)
})
