// SECURITY.md and the guides name tests, pages and headings that are there, and every route of the server.
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { build } from '../helper.ts'

const root = path.join(import.meta.dirname, '../..')
const read = (page: string) => readFileSync(path.join(root, page), 'utf8')
const security = read('SECURITY.md')

/** The name by which a heading can be linked to. */
const anchor = (heading: string) => heading.toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, '').trim().replaceAll(' ', '-')

t.test('every test that SECURITY.md names is there', async t => {
  const named = new Set(security.match(/[\w/-]+\.test\.ts/g))
  t.ok(named.size > 40)
  for (const file of named) t.ok(existsSync(path.join(root, 'test', file)), file)
})

t.test('every row of its tables of what could go wrong names one', async t => {
  const tables = security.split('\n\n').filter(part => part.startsWith('| what could go wrong'))
  t.ok(tables.length >= 8)
  for (const row of tables.flatMap(table => table.split('\n').slice(2))) t.match(row, /\.test\.ts/, row)
})

t.test('every route is among its entrances', async t => {
  const folder = t.testdir({ 'sessions.json': '{}' })
  const { app } = await build(t, { env: { MODULES: 'graphics,tracking,diffraction,devices', DEVICES_MDNS: 'off', DATA_DIR: folder, DIFFRACTION_IDENTITY: 'single', DIFFRACTION_ROOT: folder, DIFFRACTION_SESSIONS: path.join(folder, 'sessions.json') } })
  const paths = Object.keys(app.swagger().paths ?? {})
  t.ok(paths.length >= 8)
  for (const route of paths) {
    const written = route.replace('/openapi.json', '').replaceAll(/\{(\w+)\}/g, ':$1')
    t.match(security, `${written}\``, route)
  }
})

t.test('links lead to pages and headings that are there', async t => {
  for (const page of ['SECURITY.md', 'docs/updating.md', 'docs/deploy.md', 'docs/operations.md', 'docs/console.md', 'README.md']) {
    for (const [, target = ''] of read(page).matchAll(/\]\((?!https?:)([^)]+)\)/g)) {
      const [file = '', heading] = target.split('#')
      const place = path.join(path.dirname(page), file)
      const there = file === '' ? page : place
      t.ok(existsSync(path.join(root, there)), `${page}: ${target}`)
      if (heading !== undefined) t.ok(read(there).split('\n').some(line => line.startsWith('#') && anchor(line.replace(/^#+/, '')) === heading), `${page}: ${target}`)
    }
  }
})
