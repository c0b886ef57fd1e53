import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { placeSection, writeIntoPage } from '../../scripts/page-section.ts'

t.test('a section takes the place of the last one, or comes at the end', t => {
  const section = '## Soak\n\nnew\n'
  t.equal(placeSection('# Page\n\n## First\n\na\n\n## Soak\n\nold\nold\n\n## Last\n\nb\n', section), '# Page\n\n## First\n\na\n\n## Soak\n\nnew\n\n## Last\n\nb\n')
  t.equal(placeSection('# Page\n\n## Soak\n\nold\n', section), '# Page\n\n## Soak\n\nnew\n')
  t.equal(placeSection('# Page\n\n## Soaking\n\na\n', section), '# Page\n\n## Soaking\n\na\n\n## Soak\n\nnew\n')
  t.equal(placeSection('## Soak\n\nold', section), section)
  t.end()
})

t.test('a file is written that was there, and one that was not', t => {
  const folder = t.testdir({ 'page.md': '# Page\n\n## Soak\n\nold\n' })
  const [old, fresh] = [path.join(folder, 'page.md'), path.join(folder, 'out/page.md')]
  writeIntoPage(old, '## Soak\n\nnew\n')
  t.equal(readFileSync(old, 'utf8'), '# Page\n\n## Soak\n\nnew\n')
  writeIntoPage(fresh, '## Soak\n\nnew\n')
  t.equal(readFileSync(fresh, 'utf8'), '## Soak\n\nnew\n')
  writeFileSync(fresh, '')
  writeIntoPage(fresh, '## Soak\n\nnewer\n')
  t.equal(readFileSync(fresh, 'utf8'), '## Soak\n\nnewer\n', 'also one that was empty')
  t.end()
})
