// Documents that are kept parsed: only in the revision that counts, and no more of them than is allowed.
import t from 'tap'
import { createDocuments } from '../../../../lib/devices/registry/documents.ts'

t.test('a document is found in its revision, and gives way when there are too many', async t => {
  const documents = createDocuments<string>(10)
  documents.keep(1, 0, 'a', 4)
  documents.keep('2', 0, 'b', 4)
  t.equal(documents.find(1, 0), 'a')
  t.equal(documents.find(1, 1), undefined)
  documents.keep(1, 1, 'c', 4)
  t.strictSame([documents.find(1, 0), documents.find(1, 1), documents.find('2', 0)], [undefined, 'c', 'b'])
  documents.keep(3, 0, 'd', 4)
  t.strictSame([documents.find('2', 0), documents.find(1, 1), documents.find(3, 0)], [undefined, 'c', 'd'], 'the one that was kept first has gone')
  documents.keep(3, 1, 'e', 11)
  t.strictSame([documents.find(3, 0), documents.find(3, 1)], [undefined, undefined], 'what is larger than all that is allowed is not kept')
})
