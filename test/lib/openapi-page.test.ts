// The page of the OpenAPI document.
import t from 'tap'
import { openApiPage } from '../../lib/openapi-page.ts'

t.test('text from the document never becomes markup', async t => {
  const evil = '<script>"\'&</script>'
  const page = openApiPage({
    info: { title: evil, description: evil },
    paths: { [evil]: { get: { summary: evil, description: evil, responses: { [evil]: { description: evil }, 404: { $ref: `#/components/responses/${evil}` } } } } },
    components: { responses: { 'script>': { description: evil } } }
  }, evil)
  t.notMatch(page, /<script|"'|&<|'&/)
  t.equal(page.match(/&#60;script&#62;&#34;&#39;&#38;&#60;\/script&#62;/g)?.length, 11)
})

t.test('a shared answer has its own words; an empty document is an empty page', async t => {
  const page = openApiPage({
    info: { title: 'Title' }, paths: { '/a': { get: { responses: { 503: { $ref: '#/components/responses/Busy' } } }, options: {} } }, components: { responses: { Busy: { description: 'Too much.' } } }
  }, 'x')
  t.match(page, '<th scope="row">503</th><td>Too much.</td>')
  t.notMatch(page, /OPTIONS|undefined/)
  t.notMatch(openApiPage({ info: { title: 'Title' } }, 'x'), /<h2>|undefined/)
})
