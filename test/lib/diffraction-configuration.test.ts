// What must hold among the variables of diffraction.
import t from 'tap'
import { readConfiguration } from '../../lib/configuration.ts'

const well = { MODULES: 'diffraction', DIFFRACTION_ROOT: '/data/esaf{esaf}:/mnt', DIFFRACTION_IDENTITY: 'single', DIFFRACTION_SESSIONS: '/etc/sessions.json' }

t.test('what is complete is understood', async t => {
  const { configuration, warnings } = readConfiguration({
    ...well, DIFFRACTION_ORIGINS: 'https://a.example.org, http://localhost:3000', DIFFRACTION_ZMQ: 'connect:tcp://10.1.253.10:60202, bind:ipc://@x', DIFFRACTION_INDEXER: '["rapd.index","--json"]', DIFFRACTION_FRAME_CACHE: '1gb'
  })
  t.match(warnings, process.getuid?.() === 0 ? [/^FRAMES ARE READ AS ROOT/] : [])
  t.equal(warnings.length, process.getuid?.() === 0 ? 1 : 0)
  t.match(configuration, {
    DIFFRACTION_ROOT: ['/data/esaf{esaf}', '/mnt'],
    DIFFRACTION_ORIGINS: ['https://a.example.org', 'http://localhost:3000'],
    DIFFRACTION_INDEXER: ['rapd.index', '--json'],
    DIFFRACTION_FRAME_CACHE: 1024 ** 3,
    DIFFRACTION_ZMQ: [{ how: 'connect', address: 'tcp://10.1.253.10:60202' }, { how: 'bind', address: 'ipc://@x' }],
    DIFFRACTION_RATE_LIMIT: 60
  })
  t.equal(readConfiguration({ ...well, DIFFRACTION_ORIGINS: '*' }).configuration.DIFFRACTION_ORIGINS, '*')
})

t.test('what is missing or does not go together stops the start, with the variable and the cure', async t => {
  const key = { DIFFRACTION_PUBLIC_KEY: '/etc/key.pem' }
  const { DIFFRACTION_SESSIONS: _, ...withoutSessions } = well
  for (const [name, environment] of [
    ['DIFFRACTION_ROOT', { ...well, DIFFRACTION_ROOT: '' }],
    ['DIFFRACTION_SESSIONS', { ...well, DIFFRACTION_REDIS_URL: 'redis://host' }],
    ['DIFFRACTION_REDIS_URL', { ...withoutSessions, ...key }],
    ['DIFFRACTION_PUBLIC_KEY', { ...withoutSessions, REDIS_URL: 'redis://host' }]
  ] as const) t.throws(() => readConfiguration(environment), { code: 'TUTTI_CONFIGURATION', message: new RegExp(`^${name}=.* is not allowed: it must be .`) }, name)
  t.doesNotThrow(() => readConfiguration({ ...withoutSessions, ...key, REDIS_URL: 'redis://host' }))
  t.doesNotThrow(() => readConfiguration({ ...well, MODULES: 'graphics', DIFFRACTION_ROOT: '' }), 'of a module that is off nothing is asked')
})

t.test('processes of other users take root', async t => {
  const getuid = process.getuid
  t.teardown(() => { process.getuid = getuid })
  process.getuid = () => 1000
  t.throws(() => readConfiguration({ ...well, DIFFRACTION_IDENTITY: 'user' }), { message: /^DIFFRACTION_IDENTITY=user/ })
  t.doesNotThrow(() => readConfiguration(well))
  process.getuid = () => 0
  t.doesNotThrow(() => readConfiguration({ ...well, DIFFRACTION_IDENTITY: 'user' }))
})

t.test('values that are none are refused', async t => {
  for (const [name, value] of [
    ['DIFFRACTION_ROOT', 'data'], ['DIFFRACTION_ROOT', '/a::/b'], ['DIFFRACTION_REDIS_URL', 'http://host'], ['DIFFRACTION_ZMQ', 'tcp://host:1'], ['DIFFRACTION_ORIGINS', 'example.org'], ['DIFFRACTION_LINK_SECRET', 'short'],
    ['DIFFRACTION_INDEXER', 'rapd.index'], ['DIFFRACTION_INDEXER', '[""]'], ['DIFFRACTION_INDEXER', '["a", 1]'], ['DIFFRACTION_PROGRESS_HOSTS', 'host'], ['DIFFRACTION_MAX_PIXELS', '1'], ['DIFFRACTION_IDENTITY', 'root']
  ] as const) t.throws(() => readConfiguration({ ...well, DIFFRACTION_SESSIONS: undefined, [name]: value }), { code: 'TUTTI_CONFIGURATION', message: new RegExp(`^${name}=`) }, `${name}=${value}`)
  t.throws(() => readConfiguration({ ...well, DIFFRACTION_LINK_SECRET: 'hunter2' }), { message: /\(not shown\)/ })
})
