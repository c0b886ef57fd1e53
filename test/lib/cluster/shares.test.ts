import t from 'tap'
import { configurationOfWorker, shareOf } from '../../../lib/cluster/shares.ts'
import { readConfiguration } from '../../../lib/configuration.ts'

t.test('bounds of the server are divided, and nobody is left with nothing', t => {
  t.equal(shareOf(256, 1), 256)
  t.equal(shareOf(256, 3), 85)
  t.equal(shareOf(2, 3), 1)
  const { configuration } = readConfiguration({ WORKERS: '4', MAX_REQUESTS: '100', MAX_INFLIGHT: '1mb', PARALLEL_LIMIT: '3', SERVICE_LIMIT: '9', CACHE_BYTES: '4kb', STORAGE_QUEUE: '8', TRACKING_MAX_SOCKETS: '1000', DIFFRACTION_WORKERS: '8', DIFFRACTION_INDEXERS: '2' })
  t.strictSame(configurationOfWorker(configuration), {
    ...configuration, MAX_REQUESTS: 25, MAX_INFLIGHT: 256 * 1024, PARALLEL_LIMIT: 1, SERVICE_LIMIT: 2, CACHE_BYTES: 1024, STORAGE_QUEUE: 2, TRACKING_MAX_SOCKETS: 250, DIFFRACTION_WORKERS: 2, DIFFRACTION_INDEXERS: 1
  })
  t.end()
})
