import t from 'tap'
import { openFileLimit } from '../../lib/open-files.ts'

t.test('the limit in force is read, not the highest that could be set', async t => {
  t.equal(openFileLimit('Limit                     Soft Limit           Hard Limit           Units     \nMax cpu time              unlimited            unlimited            seconds   \nMax open files            1024                 524288               files     \n'), 1024)
})

t.test('no limit is none', async t => {
  t.equal(openFileLimit('Max open files            unlimited            unlimited            files     \n'), undefined)
  t.equal(openFileLimit(''), undefined)
})
