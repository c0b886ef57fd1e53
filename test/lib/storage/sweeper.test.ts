// Sweeps, one at a time, on disks that fail or hang.
import { once, EventEmitter } from 'node:events'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { createSweeper } from '../../../lib/storage/sweeper.ts'
import type { SweeperOptions } from '../../../lib/storage/sweeper.ts'
import type { StorageFault } from '../../../lib/storage/fault.ts'
import { age, numbered } from './files.ts'

t.test('sweeps count what they remove, and say once what is wrong and that it is over', async t => {
  const folder = path.join(t.testdir(), 'store')
  const told: Array<string | undefined> = []
  const sweeper = createSweeper({ folder, onTrouble: fault => told.push(fault?.cause) })
  const sweep = async () => {
    sweeper.sweep()
    await sweeper.idle()
    return sweeper.status()
  }
  writeFileSync(folder, 'a file')
  t.match([await sweep(), await sweep()], Array(2).fill({ removed: 0, trouble: { cause: /folder is none/ } }))
  rmSync(folder)
  for (const number of [1, 2]) {
    mkdirSync(path.join(folder, numbered(number)), { recursive: true })
    age(path.join(folder, numbered(number)), 4000, Date.now())
  }
  t.strictSame([await sweep(), await sweep()], Array(2).fill({ removed: 2, trouble: undefined }))
  t.match(told, [/folder is none/, undefined])
  t.equal(told.length, 2)
  await sweeper.close()
  mkdirSync(path.join(folder, numbered(3)))
  age(path.join(folder, numbered(3)), 4000, Date.now())
  t.strictSame(await sweep(), { removed: 2, trouble: undefined }, 'none begins after the end')
})

t.test('F18: a disk that hangs under a sweep is told while it does, holds one sweep and not the end, and is well when it goes on', async t => {
  const gate = Promise.withResolvers<void>()
  const goneOn = Promise.withResolvers<void>()
  const told = new EventEmitter<{ trouble: [StorageFault], well: [] }>()
  let sweeps = 0
  const sweep: SweeperOptions['sweep'] = async ({ onEntry, signal }) => {
    sweeps += 1
    await gate.promise
    onEntry?.()
    await goneOn.promise
    t.ok(signal?.aborted)
    return { removed: 1, trouble: undefined }
  }
  const onTrouble = (fault?: StorageFault) => fault === undefined ? told.emit('well') : told.emit('trouble', fault)
  const sweeper = createSweeper({ folder: 'none', onTrouble, patience: 5, farewell: 5, sweep })
  sweeper.sweep()
  t.match(await once(told, 'trouble'), [{ cause: 'the disk of STORAGE_DIR does not answer' }])
  sweeper.sweep()
  t.equal(sweeps, 1)
  t.ok(sweeper.stuck())
  await sweeper.close()
  const well = once(told, 'well')
  gate.resolve()
  await well
  goneOn.resolve()
  await sweeper.idle()
  t.strictSame(sweeper.status(), { removed: 1, trouble: undefined })
  t.notOk(sweeper.stuck())
})
