// Indexing for a worker process: what files are, and how many programs run.
import { readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import type { Test } from 'tap'
import { DiffractionError } from '../../../../lib/diffraction/diffraction-error.ts'
import { createIndexing } from '../../../../lib/diffraction/indexing/indexing.ts'
import type { Indexing, IndexingOptions } from '../../../../lib/diffraction/indexing/indexing.ts'

const script = fileURLToPath(new URL('../../../fixtures/diffraction/indexer.ts', import.meta.url))

function prepare (t: Test, behaviour: string, options: Partial<IndexingOptions> = {}): { indexing: Indexing, runs: string, gate: string } {
  const folder = t.testdir({ data: { 'a_master.h5': 'a', 'b_master.h5': 'b' }, gate: {}, runs: {} })
  const inspect = async (file: string) => {
    if (!file.endsWith('.h5')) throw new DiffractionError('FILE_MISSING', 'There is no such file.')
    return { path: path.join(folder, 'data', file), companions: [], version: '1.8.0' }
  }
  const runs = path.join(folder, 'runs')
  const gate = path.join(folder, 'gate')
  const indexing = createIndexing({ program: [process.execPath, script, behaviour], most: 1, timeout: 60_000, inspect, folder: runs, environment: { GATE: gate }, ...options })
  t.teardown(async () => await indexing.close())
  return { indexing, runs, gate }
}

const told = (result: string) => (JSON.parse(result) as { told: string[] }).told.slice(4).map(each => path.basename(each))

t.test('one file is told with its frames, two with their names', async t => {
  const { indexing } = prepare(t, 'report')
  const one = await indexing.index({ files: ['a_master.h5', 'a_master.h5'], frames: [1, 5] }, {})
  t.same(told(one.result), ['--detector', 'lscat_dectris_eiger2_16m', '--hdf5_image_range', '1,5', 'a_master.h5'])
  const two = await indexing.index({ files: ['a_master.h5', 'b_master.h5'], frames: [1, 1] }, {})
  t.same(told(two.result), ['--detector', 'lscat_dectris_eiger2_16m', 'a_master.h5', 'b_master.h5'])
})

t.test('what cannot be looked at, or is no frame, is refused before a program runs', async t => {
  const { indexing, runs } = prepare(t, 'report')
  await t.rejects(indexing.index({ files: ['a.txt', ''], frames: [1, 1] }, {}), { code: 'FILE_MISSING' })
  for (const frames of [[-1, 1], [1, 1.5], [NaN, 1], [1, 2 ** 40]] as const) await t.rejects(indexing.index({ files: ['a_master.h5', ''], frames }, {}), { code: 'REQUEST' })
  t.same(readdirSync(runs), [])
  const none = createIndexing({ program: undefined, most: 1, timeout: 1000, inspect: async () => ({ path: '/', companions: [], version: undefined }) })
  await t.rejects(none.index({ files: ['a', 'a'], frames: [1, 1] }, {}), { code: 'UNAVAILABLE' })
})

t.test('no more programs run than allowed, some wait, and the rest is told to come again', async t => {
  const { gate, indexing, runs } = prepare(t, 'wait', { queue: 1 })
  const begun = Promise.withResolvers<void>()
  const ask = { files: ['a_master.h5', ''], frames: [1, 1] } as const
  const first = indexing.index(ask, { onProgress: () => begun.resolve() })
  await begun.promise
  const second = indexing.index(ask, {})
  await t.rejects(indexing.index(ask, {}), { code: 'BUSY' })
  t.equal(readdirSync(runs).length, 1)
  writeFileSync(path.join(gate, 'open'), '')
  t.same((await Promise.all([first, second])).map(({ result }) => result), ['{}', '{}'])
})

t.test('who waits can go, and who closes ends what runs', async t => {
  const { indexing, runs } = prepare(t, 'wait')
  const begun = Promise.withResolvers<void>()
  const ask = { files: ['a_master.h5', ''], frames: [1, 1] } as const
  const first = indexing.index(ask, { onProgress: () => begun.resolve() })
  first.catch(() => {})
  await begun.promise
  const stop = new AbortController()
  const second = indexing.index(ask, { signal: stop.signal })
  stop.abort()
  await t.rejects(second, { code: 'CANCELLED' })
  await indexing.close()
  await t.rejects(first, { code: 'CANCELLED' })
  t.same(readdirSync(runs), [])
})
