// A backup of everything about devices, made by its command while a server writes, and put back.
import { execFile } from 'node:child_process'
import { copyFileSync, cpSync, existsSync, readFileSync, rmSync, statSync } from 'node:fs'
import path from 'node:path'
import { Readable } from 'node:stream'
import { promisify } from 'node:util'
import t from 'tap'
import { openFileStore } from '../../../../lib/devices/files/store.ts'
import { backUpDevices } from '../../../../lib/devices/registry/backup.ts'
import { openRegistry } from '../../../../lib/devices/registry/open.ts'
import { exampleDeployment, exampleDevice } from './examples.ts'

const run = promisify(execFile)
const script = path.join(import.meta.dirname, '../../../../scripts/devices-backup.ts')

/** Runs the command. */
async function backUp (env: Record<string, string>, ...args: string[]): Promise<{ code: number, text: string }> {
  try {
    const { stdout } = await run(process.execPath, [script, ...args], { env: { PATH: process.env.PATH ?? '', ...env } })
    return { code: 0, text: stdout }
  } catch (error) {
    const { code, stderr } = error as { code: number, stderr: string }
    return { code, text: stderr }
  }
}

t.test('a backup is made while the server writes, and put back after the server was killed', async t => {
  const data = t.testdir()
  const folder = path.join(data, 'devices')
  const registry = await openRegistry({ folder })
  t.teardown(() => registry.close())
  const files = await openFileStore({ folder: path.join(folder, 'files'), maxBytes: 1e6, maxFile: 1e6 })
  const stored = await files.put(Readable.from([Buffer.from('\0asm')]), { mediaType: 'application/wasm', originalName: 'a.wasm' })
  const device = exampleDevice('camera')
  await registry.devices.insert(device)

  const writing = new AbortController()
  const made = backUp({ DATA_DIR: data }, path.join(data, 'copy')).finally(() => { writing.abort() })
  for (let place = 0; !writing.signal.aborted; place++) await registry.deployments.insert(exampleDeployment(`deployment ${place}`))
  const { code, text } = await made
  t.equal(code, 0)
  t.match(text, /The registry is in .*copy, 1 files are in .*copy\.files\./)
  t.equal(statSync(path.join(data, 'copy')).mode & 0o777, 0o600)

  // As docs/devices-registry.md says it: a server that was killed leaves what it wrote last beside its file, which does not belong to the backup.
  const file = path.join(folder, 'registry.sqlite')
  await registry.devices.removeAll()
  t.ok(existsSync(`${file}-wal`))
  for (const end of ['', '-wal', '-shm']) rmSync(`${file}${end}`)
  rmSync(path.join(folder, 'files'), { recursive: true })
  copyFileSync(path.join(data, 'copy'), file)
  cpSync(path.join(data, 'copy.files'), path.join(folder, 'files'), { recursive: true })

  const restored = await openRegistry({ folder })
  t.teardown(() => restored.close())
  t.strictSame(await restored.devices.list(), [device])
  t.ok(await restored.deployments.list())
  const { stream } = await (await openFileStore({ folder: path.join(folder, 'files'), maxBytes: 1e6, maxFile: 1e6 })).open(stored.sha256)
  t.equal(Buffer.concat(await stream.toArray()).toString(), '\0asm')
})

t.test('a backup is refused where there is nothing, something, or another database', async t => {
  const data = t.testdir({ there: 'already' })
  const [nothing, other, nameless] = await Promise.all([
    backUp({ DATA_DIR: data }, path.join(data, 'copy')),
    backUp({ DATA_DIR: data, DATABASE_URL: 'postgres://tutti:secret@db/tutti' }, path.join(data, 'copy')),
    backUp({ DATA_DIR: data })
  ])
  t.match(nothing, { code: 1, text: /no registry of devices in DATA_DIR/ })
  t.notOk(existsSync(path.join(data, 'devices', 'registry.sqlite')), 'none is made')
  t.match(other, { code: 1, text: /pg_dump/ })
  t.match(nameless, { code: 1, text: /devices:backup -- FILE/ })
  const registry = await openRegistry({ folder: path.join(data, 'devices') })
  t.teardown(() => registry.close())
  await t.rejects(backUpDevices(path.join(data, 'devices'), path.join(data, 'there')), { code: 'CONFLICT' })
  t.equal(readFileSync(path.join(data, 'there'), 'utf8'), 'already')
})
