// Whether If-None-Match names a tag.
import t from 'tap'
import { isKnownTag } from '../../lib/entity-tag.ts'

t.test('a tag is known where the header names it, strongly or weakly, alone or among others, or names all', async t => {
  for (const header of ['"a"', 'W/"a"', '"b", "a"', '"b",W/"a"', '*']) t.equal(isKnownTag(header, 'a'), true, header)
  for (const header of [undefined, '', 'a', '"b"', '"A"', '"a']) t.equal(isKnownTag(header, 'a'), false, String(header))
})
