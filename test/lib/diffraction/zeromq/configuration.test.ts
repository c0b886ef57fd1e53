// Where requests come from by ZeroMQ, as the environment says it.
import t from 'tap'
import { readConfiguration } from '../../../../lib/configuration.ts'

const read = (more: Record<string, string>) => readConfiguration({
  MODULES: 'diffraction', DIFFRACTION_ROOT: '/data', DIFFRACTION_IDENTITY: 'single', DIFFRACTION_SESSIONS: '/sessions.json', ...more
}).configuration.DIFFRACTION_ZMQ

t.test('addresses to connect to and to listen on', async t => {
  t.same(read({}), [])
  t.same(read({ DIFFRACTION_ZMQ: 'connect:tcp://10.1.253.10:60202, bind:ipc:///run/frames' }), [{ how: 'connect', address: 'tcp://10.1.253.10:60202' }, { how: 'bind', address: 'ipc:///run/frames' }])
  for (const wrong of ['tcp://x:1', 'listen:tcp://x:1', 'bind:udp://x:1', 'bind:']) t.throws(() => read({ DIFFRACTION_ZMQ: wrong }), { code: 'TUTTI_CONFIGURATION' })
})

t.test('several processes cannot listen at one address, but come to one proxy', async t => {
  t.throws(() => read({ WORKERS: '2', DIFFRACTION_ZMQ: 'bind:tcp://127.0.0.1:60202' }), { code: 'TUTTI_CONFIGURATION', message: /diffraction:proxy/ })
  t.equal(read({ WORKERS: '2', DIFFRACTION_ZMQ: 'connect:tcp://127.0.0.1:60202' }).length, 1)
})
