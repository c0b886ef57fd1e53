import { readFile } from 'node:fs/promises'
import path from 'node:path'
import t from 'tap'
import { configurationPage } from '../../scripts/configuration-page.ts'

t.test('docs/configuration.md says what the schema says', async t => {
  const page = await readFile(path.join(import.meta.dirname, '../../docs/configuration.md'), 'utf8')
  t.equal(page, configurationPage(), 'if not, run npm run docs')
})
