// npm run audit against registries that know of nothing, of something, and not even the question.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import { readAudit } from '../../scripts/audit.ts'

const script = path.join(import.meta.dirname, '../../scripts/audit.ts')

/** Runs the script with a registry that has one version of each package, and answers the question for weaknesses so. */
async function audit (t: Test, status: number, answer: unknown): Promise<{ code: number, stdout: string }> {
  const registry = createServer((request, response) => {
    const name = decodeURIComponent(request.url?.slice(1) ?? '')
    const isQuestion = request.method === 'POST'
    const known = { name, 'dist-tags': { latest: '1.0.0' }, versions: { '1.0.0': { name, version: '1.0.0', dist: {} } } }
    request.resume().on('end', () => {
      response.writeHead(isQuestion ? status : 200, { 'content-type': 'application/json' }).end(JSON.stringify(isQuestion ? answer : known))
    })
  }).listen(0, '127.0.0.1')
  await once(registry, 'listening')
  t.teardown(() => {
    registry.close()
    registry.closeAllConnections()
  })
  const { port } = registry.address() as AddressInfo
  const child = spawn(process.execPath, [script, `--registry=http://127.0.0.1:${port}/`, '--fetch-retries=0'], { stdio: ['ignore', 'pipe', 'ignore'] })
  let stdout = ''
  child.stdout.on('data', chunk => { stdout += String(chunk) })
  const [code] = await once(child, 'close')
  return { code, stdout }
}

t.test('a registry that knows of no weakness', async t => {
  t.strictSame(await audit(t, 200, {}), { code: 0, stdout: 'No package has a known weakness.\n' })
})

t.test('a registry that knows of one', async t => {
  const advisory = { id: 1, url: 'https://example.org/1', title: 'a weakness', severity: 'high', vulnerable_versions: '*', cwe: [], cvss: { score: 8, vectorString: null } }
  const { code, stdout } = await audit(t, 200, { fastify: [advisory] })
  t.equal(code, 1)
  t.match(stdout, /^fastify: high$/m)
  t.match(stdout, /^\d+ packages have known weaknesses/m)
})

t.test('a registry that is not asked such things', async t => {
  const { code, stdout } = await audit(t, 405, {})
  t.equal(code, 0)
  t.match(stdout, /^Nothing was checked: this registry does not offer it \(405\)\./)
})

t.test('no answer is no all-clear', async t => {
  t.match(readAudit('{"message":"connect ECONNREFUSED","error":{}}'), { exitCode: 1, text: 'Nothing was checked: connect ECONNREFUSED.' })
  for (const report of ['', 'npm error', 'null', '[]', '{"metadata":null}', '{"metadata":{"vulnerabilities":{"total":"0"}}}', '{"statusCode":500}']) t.equal(readAudit(report).exitCode, 1, report)
})
