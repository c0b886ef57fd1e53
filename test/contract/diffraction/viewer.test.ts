// GET /diffraction/viewer: the address that the viewer had leads to its page of the console, or says where there is none.
import { existsSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { buildDiffraction } from '../../diffraction-server.ts'

const isBuilt = existsSync(path.join(import.meta.dirname, '../../../console/dist/index.html'))

t.test('leads to the console by a relative address, with its query, or says that the console is not built', async t => {
  const { fetch } = await buildDiffraction(t)
  for (const [asked, location] of [
    ['/diffraction/viewer', '../console/#/diffraction'],
    ['/diffraction/viewer/', '../../console/#/diffraction'],
    ['/diffraction/viewer?esaf=1&file=a%2Fb%20c.h5&frame=2', '../console/?esaf=1&file=a%2Fb%20c.h5&frame=2#/diffraction']
  ] as const) {
    const reply = await fetch(asked)
    const text = await reply.text()
    if (isBuilt) {
      t.equal(reply.status, 308, asked)
      t.equal(reply.headers.get('location'), location)
    } else {
      t.equal(reply.status, 404, asked)
      t.match(text, /has not been built.*npm run build:console/)
    }
  }
})

t.test('says in words that the console is switched off', async t => {
  const { fetch } = await buildDiffraction(t, { env: { CONSOLE: 'off' } })
  const reply = await fetch('/diffraction/viewer')
  t.equal(reply.status, 404)
  t.match(reply.headers.get('content-type'), /^text\/plain/)
  t.match(await reply.text(), /switched off.*CONSOLE=on/)
})
