// A disk that is full, read-only or closed to the server. Graphics are answered as ever, no half request is left, and it shows where operators look.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import type { Test } from 'tap'
import { build, descriptions, graphicRequest, handler, made, mockService, onePixel, rendering } from '../helper.ts'
import type { Built } from '../helper.ts'
import { filesIn, numbered } from '../lib/storage/files.ts'

const script = fileURLToPath(new URL('storing-process.ts', import.meta.url))

/** A folder outside of the tree, which other users may reach. */
function openFolder (t: Test): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'tutti-storage-'))
  chmodSync(folder, 0o755)
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Runs a command that takes no input, and knows nothing of the test around it. @returns how it ended */
async function run (command: string, ...args: string[]): Promise<{ code: number, stdout: string }> {
  const child = spawn('env', ['-i', `PATH=${process.env.PATH}`, command, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  let stdout = ''
  child.stdout.on('data', chunk => { stdout += String(chunk) })
  const [code] = await once(child, 'close')
  return { code, stdout }
}

/** A server that stores, and one service. */
async function start (t: Test, STORAGE_DIR: string): Promise<Built> {
  const text = await mockService(t, made(rendering('text')))
  return await build(t, { env: { STORE_IMAGE_DATA: 'ON', STORAGE_DIR, MAX_BODY: '10mb', OPERATOR_TOKEN: 'sixteen-or-more-characters' }, services: { text: handler(text) } })
}

/** The value of a metric. */
async function metric (server: Built, name: string): Promise<number> {
  const { text } = await server.send('/metrics', { headers: { authorization: 'Bearer sixteen-or-more-characters' } })
  return Number(text.split('\n').find(line => line.startsWith(`${name} `))?.slice(name.length + 1))
}

/** The trouble that /health/ready tells. */
async function trouble (server: Built): Promise<{ cause: string, cure: string } | undefined> {
  const { status, json } = await server.send('/health/ready')
  if (status !== 200) throw new Error(`not ready: ${status}`)
  return (json as { storage?: { trouble: { cause: string, cure: string } } }).storage?.trouble
}

const sized = (number: number, bytes: number) => graphicRequest({ request_uuid: numbered(number), graphic: onePixel.padEnd(bytes, 'A') })

t.test('requests are stored once they are answered', async t => {
  const folder = openFolder(t)
  const server = await start(t, folder)
  const text = JSON.stringify(sized(1, 200), undefined, 1)
  const reply = await server.post('/render', text)
  await server.app.storage.idle()
  t.strictSame(filesIn(folder), { [`${numbered(1)}/request.json`]: text, [`${numbered(1)}/response.json`]: reply.text })
  t.equal(await trouble(server), undefined)
  t.equal(await metric(server, 'tutti_storage_requests_total{result="saved"}'), 1)
  t.equal((await server.post('/render/preprocess', sized(2, 200))).status, 200)
  t.equal((await server.post('/render', { ...sized(3, 200), language: 1 })).status, 400)
  await server.app.storage.idle()
  t.strictSame(readdirSync(folder), [numbered(1)], 'only what /render answered')
})

t.test('F18: a folder that is a file', async t => {
  const folder = path.join(openFolder(t), 'store')
  writeFileSync(folder, 'a file')
  const server = await start(t, folder)
  t.match(await trouble(server), { cause: /folder is none/, cure: /^Set STORAGE_DIR/ }, 'known at once')
  t.strictSame(descriptions(await server.render()), ['text'])
  await server.app.storage.idle()
  t.equal(await metric(server, 'tutti_storage_trouble'), 1)
  t.equal(await metric(server, 'tutti_storage_requests_total{result="failed"}'), 1)
  rmSync(folder)
  await server.render()
  await server.app.storage.idle()
  t.equal(await trouble(server), undefined, 'and over as soon as it is over')
  t.equal(await metric(server, 'tutti_storage_trouble'), 0)
})

t.test('F18: a file may not become as large as a request', async t => {
  const folder = openFolder(t)
  // In kilobytes.
  const { code, stdout } = await run('bash', '-c', 'ulimit -f 64; exec "$0" "$@"', process.execPath, script, folder, '5', '200000')
  t.equal(code, 0)
  t.match(JSON.parse(stdout), { saved: 0, failed: 5, trouble: { cause: /as large as a request/ } })
  t.strictSame(readdirSync(folder), [], 'no half request')
})

const isRoot = process.getuid?.() === 0
const canMount = isRoot && await mounts()

async function mounts (): Promise<boolean> {
  const folder = mkdtempSync(path.join(tmpdir(), 'tutti-mount-'))
  const { code } = await run('bash', '-c', 'mount -t tmpfs -o size=64k tmpfs "$0" 2>/dev/null && umount "$0"', folder)
  rmSync(folder, { recursive: true })
  return code === 0
}

if (isRoot) {
  t.test('F18: a folder of somebody else', async t => {
    const folder = openFolder(t)
    const store = path.join(folder, 'store')
    mkdirSync(store, { mode: 0o700 })
    const { code, stdout } = await run(process.execPath, script, store, '3', '100', '65534')
    t.equal(code, 0)
    t.match(JSON.parse(stdout), { saved: 0, failed: 3, trouble: { cause: 'STORAGE_DIR may not be written to', cure: String } })
    t.strictSame(readdirSync(store), [])
    chownSync(store, 65534, 65534)
    const again = await run(process.execPath, script, store, '3', '100', '65534')
    t.match(JSON.parse(again.stdout), { saved: 3, failed: 0 })
  })
}

if (canMount) {
  t.test('F18: a disk that becomes full in the middle of a request, and has space again', async t => {
    const folder = await mount(t, 'size=1m')
    const server = await start(t, folder)
    for (let number = 0; number < 8; number++) {
      const reply = await server.render(sized(number, 300000))
      t.equal(reply.status, 200)
      t.strictSame(descriptions(reply), ['text'])
      await server.app.storage.idle()
    }
    t.strictSame(readdirSync(folder).toSorted(), [0, 1, 2].map(numbered), 'whole requests, and nothing half')
    t.match(await trouble(server), { cause: 'the disk of STORAGE_DIR is full', cure: /^Free space/ })
    t.equal(await metric(server, 'tutti_storage_requests_total{result="failed"}'), 5)
    t.equal(server.logs.filter(({ cause }) => cause === 'the disk of STORAGE_DIR is full').length, 1, 'said once')
    rmSync(path.join(folder, numbered(0)), { recursive: true })
    await server.render(sized(9, 300000))
    await server.app.storage.idle()
    t.equal(await trouble(server), undefined)
    t.ok(filesIn(folder)[`${numbered(9)}/response.json`])
    t.ok(server.logs.some(({ msg }) => msg === 'requests are stored again'))
  })

  t.test('F18: a disk that can only be read', async t => {
    const folder = await mount(t, 'size=1m')
    mkdirSync(path.join(folder, numbered(5)))
    writeFileSync(path.join(folder, numbered(5), 'request.json'), '{}')
    await run('mount', '-o', 'remount,ro', folder)
    const server = await start(t, folder)
    t.match(await trouble(server), { cause: /can only be read/, cure: String })
    t.strictSame(descriptions(await server.render()), ['text'])
    await server.app.storage.idle()
    // sha1 of {} by object-hash.
    const reply = await server.send(`/authenticate/${numbered(5)}/323217f643c3e3f1fe7532e72ac01bb0748c97be`)
    t.equal(reply.status, 500, 'what cannot be kept is not promised')
    t.equal(reply.text, '')
    await run('mount', '-o', 'remount,rw', folder)
    await server.render()
    await server.app.storage.idle()
    t.equal(await trouble(server), undefined)
  })
}

async function mount (t: Test, options: string): Promise<string> {
  const folder = openFolder(t)
  await run('mount', '-t', 'tmpfs', '-o', options, 'tmpfs', folder)
  t.teardown(() => run('umount', '-l', folder))
  return folder
}
