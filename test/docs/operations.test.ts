// docs/operations.md names every metric that there is, and none that there is not.
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import t from 'tap'
import { build } from '../helper.ts'
import { readExposition } from '../lib/fixtures/exposition.ts'

t.test('docs/operations.md lists the metrics', async t => {
  const page = await readFile(path.join(import.meta.dirname, '../../docs/operations.md'), 'utf8')
  const listed = page.split('\n').filter(line => line.startsWith('| `')).flatMap(line => line.split('|')[1]?.match(/\b(?:tutti|process|nodejs)_\w+/g) ?? [])
  const folder = t.testdir({ 'sessions.json': '{}' })
  const diffraction = { DIFFRACTION_IDENTITY: 'single', DIFFRACTION_ROOT: folder, DIFFRACTION_SESSIONS: path.join(folder, 'sessions.json'), DIFFRACTION_ZMQ: 'bind:tcp://127.0.0.1:*' }
  const server = await build(t, { env: { MODULES: 'graphics,tracking,diffraction,devices', DATA_DIR: folder, DEVICES_MDNS: 'off', ...diffraction } })
  const { types } = readExposition((await server.send('/metrics')).text)
  t.strictSame(listed.toSorted(), [...types.keys()].toSorted())
})
