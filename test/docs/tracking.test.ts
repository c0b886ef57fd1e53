// The client of docs/tracking.md is run as it stands, its close codes are those that there are, and what it names exists.
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { WebSocket } from 'ws'
import { closeCodes } from '../../lib/tracking/connections/close-codes.ts'
import { ConfigSchema } from '../../schemas/config.ts'
import { build } from '../helper.ts'

const root = path.join(import.meta.dirname, '../..')
const page = readFileSync(path.join(root, 'docs/tracking.md'), 'utf8')
const run = promisify(execFile)

t.test('the client of the guide finds somebody, follows, and lets go', async t => {
  const { origin } = await build(t, { env: { MODULES: 'tracking', DATA_DIR: t.testdir({}) } })
  const address = origin.replace('http', 'ws')
  const [, client = ''] = page.match(/^```js\n(.*?)^```$/ms) ?? []
  t.ok(client.includes('ws://127.0.0.1:8080/client'))
  const file = path.join(t.testdir({}), 'client.mjs')
  writeFileSync(file, client.replace('ws://127.0.0.1:8080', address))

  const processor = new WebSocket(`${address}/processor`)
  t.teardown(() => processor.terminate())
  await once(processor, 'open')
  processor.send('{"type":"identifier","id":"north"}')
  // Until the client is there and has heard it, as a real one would.
  const filming = setInterval(() => processor.send('{"type":"boundingBoxes","frameId":12.0,"boxes":[{"boxId":3,"rect":[0,0,1,1],"objectType":"person"}]}'), 20)
  t.teardown(() => clearInterval(filming))
  const orders: string[] = []
  processor.on('message', (bytes: Buffer) => {
    const text = String(bytes)
    if (!text.startsWith('{"type":"start"')) return
    orders.push(text)
    clearInterval(filming)
    processor.send('{"type":"featureMap","objectId":1,"featureMap":[0.5]}')
    processor.send('{"type":"boundingBoxes","frameId":13.0,"boxes":[{"boxId":4,"rect":[0,0,1,1],"objectType":"person","objectId":1}]}')
  })

  const { stdout } = await run(process.execPath, [file], { timeout: 30000 })
  t.equal(stdout, 'it is object 1\nnorth sees object 1\nobject 1 is followed no longer\nclosed\n')
  t.strictSame(orders, ['{"type":"start","objectId":1,"frameId":12.0,"boxId":3}'], 'the frame keeps its spelling')
})

t.test('its close codes are those of the server', async t => {
  const table = page.split('## When a connection is closed')[1]?.split('\n## ')[0] ?? ''
  const listed = [...table.matchAll(/^\| (\d{4}) \|/gm)].map(([, code]) => Number(code))
  t.strictSame(listed, Object.values(closeCodes).toSorted((one, other) => one - other))
})

t.test('the variables, errors and scripts that it names exist', async t => {
  const codes = new Set(readFileSync(path.join(root, 'lib/errors.ts'), 'utf8').match(/\bTUTTI_[A-Z_]+/g))
  const { scripts }: { scripts: Record<string, string> } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'))
  const words = new Set(page.match(/\b[A-Z]+(?:_[A-Z]+)+\b/g))
  t.ok(words.size > 25)
  for (const word of words) t.ok(word in ConfigSchema.properties || codes.has(word), word)
  for (const [, script = ''] of page.matchAll(/npm run ([\w:]+)/g)) t.ok(script in scripts, script)
})
