// The examples of the README and the guides are run as they stand.
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { createValidator } from '../../lib/graphics/validator.ts'
import { build } from '../helper.ts'

const root = path.join(import.meta.dirname, '../..')
const run = promisify(execFile)

/** The code blocks of a page in one language. */
async function blocks (page: string, language: string): Promise<string[]> {
  const text = await readFile(path.join(root, page), 'utf8')
  return [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)].filter(match => match[1] === language).map(match => match[2] ?? '')
}

t.test('the messages in README.md and docs/clients.md are valid', async t => {
  const validator = createValidator()
  const [request, response] = await blocks('README.md', 'json')
  t.equal(validator.request(JSON.parse(request ?? '')), undefined)
  t.equal(validator.response(JSON.parse(response ?? '')), undefined)
  const [chart] = await blocks('docs/clients.md', 'json')
  t.equal(validator.request(JSON.parse(chart ?? '')), undefined)
})

t.test('the clients and the first service of the guides work together', async t => {
  const directory = t.testdir()
  const [service] = await blocks('docs/services.md', 'js')
  const [services] = await blocks('docs/services.md', 'yaml')
  const [client, follower] = await blocks('docs/clients.md', 'js')
  const port = await freePort()
  await writeFile(path.join(directory, 'size-handler.mjs'), service ?? '')
  await writeFile(path.join(directory, 'services.yaml'), (services ?? '').replace('5050', String(port)))
  await writeFile(path.join(directory, 'client.mjs'), client ?? '')
  await writeFile(path.join(directory, 'follow.mjs'), follower ?? '')

  const handler = spawn(process.execPath, [path.join(directory, 'size-handler.mjs')], { env: { ...process.env, PORT: String(port) }, stdio: 'inherit' })
  t.teardown(() => handler.kill())
  await answering(`http://127.0.0.1:${port}/health`)

  const { origin } = await build(t, { env: { SERVICES_FILE: path.join(directory, 'services.yaml'), MAX_BODY: '1mb' } })
  const env = { ...process.env, TUTTI_SERVER: origin }
  const { stdout } = await run(process.execPath, [path.join(directory, 'client.mjs')], { cwd: root, env })
  t.equal(stdout, 'Size of the graphic: It is 600 by 400 pixels.\n')
  const followed = await run(process.execPath, [path.join(directory, 'follow.mjs')], { env })
  t.equal(followed.stdout, 'size-handler is at work\nSize of the graphic: It is 1 by 1 pixels.\n1 in all\n')
})

async function freePort (): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await promisify(server.close.bind(server))()
  return port
}

/** Asks until somebody answers. */
async function answering (url: string): Promise<void> {
  const deadline = AbortSignal.timeout(20000)
  for (;;) {
    try {
      await fetch(url, { signal: deadline })
      return
    } catch (error) {
      if (deadline.aborted) throw error
    }
  }
}
