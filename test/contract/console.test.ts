// The files of the console: who gets them, with which headers, and that nothing else can be had there. Where it has not been built, that is said.
import { existsSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { build } from '../helper.ts'

const isBuilt = existsSync(path.join(import.meta.dirname, '../../console/dist/index.html'))

t.test('the console is there for anybody who may connect', async t => {
  const { send } = await build(t, { env: { OPERATOR_TOKEN: 'the-token-of-an-operator' } })
  const page = await send('/console/')
  t.equal(page.status, isBuilt ? 200 : 404)
  t.match(page.headers.get('content-type'), isBuilt ? /^text\/html/ : /^text\/plain/)
  t.match(page.text, isBuilt ? '<div id="app">' : 'npm run build:console')
  t.equal((await send('/console')).headers.get('location'), 'console/', 'a relative address, for proxies that put the server below a path')
  t.equal((await send('/console/', { method: 'OPTIONS' })).headers.get('allow'), 'GET,HEAD')
  if (isBuilt) {
    const policy = page.headers.get('content-security-policy') ?? ''
    for (const part of ["default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'"]) t.ok(policy.includes(part), part)
    t.notMatch(policy, /unsafe|https?:|\*/)
    t.equal(page.headers.get('x-content-type-options'), 'nosniff')
    t.equal(page.headers.get('cache-control'), 'no-cache')
    t.notMatch(page.text, /<style|<script>|style=|onload=/, 'no inline script or style')
    const [, script = ''] = page.text.match(/src="\.\/(assets\/[^"]+\.js)"/) ?? []
    const asset = await send(`/console/${script}`, { headers: { 'accept-encoding': 'gzip' } })
    t.equal(asset.status, 200)
    t.equal(asset.headers.get('content-encoding'), 'gzip')
    t.match(asset.headers.get('cache-control'), 'immutable', 'names of assets change with what is in them')
  }
})

t.test('nothing else can be had there', async t => {
  const { send } = await build(t)
  for (const file of ['..%2fpackage.json', '..%2f..%2fserver.ts', '%2e%2e/%2e%2e/package.json', '....//package.json', '.built', 'assets/', 'assets', 'index.html%00.js', '..%5cpackage.json']) {
    const { status, text } = await send(`/console/${file}`)
    t.match(String(status), /^(?:308|40[0-9])$/, file)
    t.notMatch(text, /"version"|import /, file)
  }
})

t.test('CONSOLE=off serves none', async t => {
  const { send } = await build(t, { env: { CONSOLE: 'off' } })
  t.equal((await send('/console/')).status, 404)
})
