// SVG is written so that nothing in it can break out.
import t from 'tap'
import fc from 'fast-check'
import { element, escapeXml, svgDataUrl, svgDocument } from '../../../services/tactile/svg.ts'
import { pinsOf } from './pins.ts'

t.test('text is escaped and what XML forbids is gone', async (t) => {
  t.equal(escapeXml('a < b & "c" > \'d\''), 'a &lt; b &amp; &quot;c&quot; &gt; &#39;d&#39;')
  t.equal(escapeXml('a\u0000b\u001bc\ufffed'), 'a b c d')
  t.equal(escapeXml('a\ud800b'), 'a\ufffdb')
  t.equal(escapeXml('漢 😀 é'), '漢 😀 é')
})

t.test('an element has its attributes, rounded and escaped, without the undefined ones', async (t) => {
  t.equal(element('circle', { cx: 1.23456, cy: 2, fill: undefined, 'aria-label': '"x"' }), '<circle cx="1.23" cy="2" aria-label="&quot;x&quot;"/>')
  t.equal(element('g', {}, '<a/>'), '<g><a/></g>')
})

t.test('a document with any text is valid XML', async () => {
  await fc.assert(fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 80 }), async (text) => {
    await pinsOf(svgDocument({ width: 4, height: 4, pitch: 2.5, title: text, description: text, language: 'en' }, element('path', { 'aria-label': text, d: 'M0 0' })))
    return true
  }), { numRuns: 40 })
})

t.test('a data URL holds the document', async (t) => {
  const url = svgDataUrl('<svg>é</svg>')
  t.ok(url.startsWith('data:image/svg+xml;base64,'))
  t.equal(Buffer.from(url.slice(url.indexOf(',') + 1), 'base64').toString(), '<svg>é</svg>')
})
