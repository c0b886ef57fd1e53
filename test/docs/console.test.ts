// docs/console.md and README.md show the console as it is: their pictures are there and small, and every page is told of.
import { readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'

const root = path.join(import.meta.dirname, '../..')
const read = (page: string) => readFileSync(path.join(root, page), 'utf8')

t.test('pictures are there, small, and say in words what they show', async t => {
  for (const page of ['README.md', 'docs/console.md']) {
    const pictures = [...read(page).matchAll(/!\[([^\]]*)\]\(([^)]+\.png)\)/g)]
    t.ok(pictures.length > 0, page)
    for (const [, words = '', place = ''] of pictures) {
      const file = path.join(root, path.dirname(page), place)
      t.ok(statSync(file).size <= 100_000, place)
      t.equal(readFileSync(file).subarray(1, 4).toString(), 'PNG', place)
      t.ok(words.split(' ').length >= 5, `${place}: ${words}`)
    }
  }
})

t.test('every page of the menu is told of by its name', async t => {
  const english = read('console/src/texts.ts').split('\n  fr: {')[0] ?? ''
  const names = [...read('console/src/pages.ts').matchAll(/name: \(\) => texts\.(\w+)/g)].map(([, key]) => english.match(new RegExp(`\\b${key}: '([^']+)'`))?.[1])
  t.ok(names.length >= 6)
  for (const name of names) t.match(read('docs/console.md'), `| **${name}** |`)
})
