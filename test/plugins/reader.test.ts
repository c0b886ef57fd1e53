// The reader as the server has it.
import t from 'tap'
import reader from '../../plugins/reader.ts'
import { buildBare } from '../lib/fixtures/app.ts'
import { jsonOf, requestOf, uuid } from '../lib/fixtures/messages.ts'

t.test('texts are read, and no longer once the server has closed', async t => {
  const { app } = await buildBare(t)
  await app.register(reader)
  const large = () => jsonOf(requestOf({ note: 'x'.repeat(300_000) }))
  t.match(await app.reader.read('request', large()), { ok: true, requestUuid: uuid })
  await app.close()
  await t.rejects(app.reader.read('request', large()), { code: 'TUTTI_SERVER_BUSY' })
})
