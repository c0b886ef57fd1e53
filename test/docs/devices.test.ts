// What docs/devices.md names exists, and its JSON is what the server takes.
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { Ajv } from 'ajv'
import t from 'tap'
import { FunctionInput } from '../../schemas/devices/module-description.ts'
import { DeploymentBody } from '../../schemas/devices/requests.ts'
import { devicesErrors } from '../../lib/devices/devices-error.ts'
import { ConfigSchema } from '../../schemas/config.ts'
import { build } from '../helper.ts'

const root = path.join(import.meta.dirname, '../..')
const read = (file: string) => readFileSync(path.join(root, file), 'utf8')
const page = read('docs/devices.md')

t.test('the variables, errors, scripts and files that it names exist', async t => {
  const codes = Object.keys(devicesErrors)
  const agent = read('agent/settings.ts')
  const words = new Set(page.match(/\b[A-Z]+(?:_[A-Z]+)+\b/g))
  t.ok(words.size > 30)
  for (const word of words) t.ok(word in ConfigSchema.properties || codes.includes(word.replace('TUTTI_DEVICES_', '')) || agent.includes(`'${word}'`), word)
  const { scripts }: { scripts: Record<string, string> } = JSON.parse(read('package.json'))
  for (const [, script = ''] of page.matchAll(/npm run ([\w:]+)/g)) t.ok(script in scripts, script)
  for (const [file] of page.matchAll(/\bscripts\/[\w./-]+/g)) t.ok(existsSync(path.join(root, file)), file)
  for (const [, file = ''] of page.matchAll(/\]\(([^)]+)\)/g)) t.ok(existsSync(path.join(root, 'docs', file)), file)
})

t.test('the deployments and descriptions of the guide are such', async t => {
  const ajv = new Ajv()
  const isDeployment = ajv.compile(DeploymentBody)
  const bodies = [...page.matchAll(/^```json\n(.*?)^```$|-d '(\{"name":"[\w-]+","sequence".*?\})'/gms)].map(([, block, line]) => JSON.parse(block ?? line ?? ''))
  t.equal(bodies.length, 2)
  for (const body of bodies) t.ok(isDeployment(body), body.name)
  const isFunction = ajv.compile(FunctionInput)
  const descriptions = [...page.matchAll(/-d '(\{"functions".*?\})'|functions=(\{.*?\})'/g)].map(([, whole, part]) => whole === undefined ? JSON.parse(part ?? '') : JSON.parse(whole).functions)
  t.equal(descriptions.length, 2)
  for (const functions of descriptions) {
    for (const each of Object.values<{ method: string }>(functions)) t.ok(isFunction({ parameters: [], mounts: [], ...each, method: each.method.toLowerCase() }))
  }
})

t.test('the paths that it names are served', async t => {
  const { app } = await build(t, { env: { MODULES: 'devices', DATA_DIR: t.testdir(), DEVICES_MDNS: 'off' } })
  const paths = new Set([...page.matchAll(/\b(GET|POST|PUT|DELETE) (\/[\w/:.-]+)/g)].map(([, method, url]) => `${method} ${url}`))
  t.ok(paths.size > 12)
  const gone = ['PUT /file/manifest/failover/:id']
  for (const each of paths) {
    if (gone.includes(each)) continue
    const [method = '', url = ''] = each.split(' ')
    const found = app.findRoute({ method: method as 'GET', url: url.replace('/execute/:deployment', '/execute/:id') })
    t.ok(found !== null || url === '/health', each)
  }
})
