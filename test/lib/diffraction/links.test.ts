// Signed links.
import t from 'tap'
import { createLinks } from '../../../lib/diffraction/links.ts'

const grant = { user: 'ada', esaf: 1, file: 'a folder/größe:1_master.h5', frame: 12, expires: 1000 }

t.test('a link says what was signed, until it ends', async t => {
  let now = 0
  const links = createLinks('a secret of 16 letters', () => now)
  const text = links.sign(grant)
  t.match(text, /^[\w-]+\.[\w-]+$/)
  t.strictSame(links.read(text), grant)
  now = 999_999
  t.strictSame(links.read(text), grant)
  now = 1_000_000
  t.equal(links.read(text), undefined)
})

t.test('nothing else is a link', async t => {
  const links = createLinks('a secret of 16 letters', () => 0)
  const text = links.sign(grant)
  const [payload = '', signature = ''] = text.split('.')
  const other = createLinks('another secret text', () => 0).sign(grant)
  const forged = Buffer.from(JSON.stringify([1000, 'root', 1, grant.file, 12])).toString('base64url')
  for (const [name, wrong] of Object.entries({
    nothing: '',
    'no signature': payload,
    'an empty signature': `${payload}.`,
    'half a signature': `${payload}.${signature.slice(0, 20)}`,
    'a longer one': `${text}AAAA`,
    'that of another secret': other,
    'another payload': `${forged}.${signature}`,
    long: `${'A'.repeat(10_000)}.${signature}`,
    'no base64': `${payload}.${'!'.repeat(43)}`
  })) t.equal(links.read(wrong), undefined, name)
  for (let at = 0; at < text.length; at++) {
    const wrong = `${text.slice(0, at)}${text[at] === 'B' ? 'C' : 'B'}${text.slice(at + 1)}`
    // Of the last letter only four of six bits are of the signature.
    if (at < text.length - 1) t.equal(links.read(wrong), undefined, `letter ${at}`)
  }
})
