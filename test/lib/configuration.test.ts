// The environment: what stands where nothing is said, what is understood, and the one line that says what is wrong.
import t from 'tap'
import { allowedValues, readConfiguration } from '../../lib/configuration.ts'
import { ConfigSchema } from '../../schemas/config.ts'

const read = (environment: Record<string, string | undefined>) => readConfiguration(environment).configuration
const variables = Object.keys(ConfigSchema.properties)

t.test('an empty environment gives the defaults', async t => {
  t.match(read({}), {
    PORT: 8080,
    HOST: '127.0.0.1',
    MODULES: ['graphics'],
    DISCOVERY: 'static',
    DATA_DIR: 'data',
    LOG_LEVEL: 'info',
    MAX_BODY: 102400,
    MAX_REPLY: 33554432,
    PARALLEL_PREPROCESSORS: false,
    PARALLEL_LIMIT: 256,
    SERVICE_LIMIT: 32,
    PREPROCESSOR_TIMEOUT: 15000,
    HANDLER_TIMEOUT: 60000,
    REQUEST_TIMEOUT: 120000,
    SHUTDOWN_TIMEOUT: 30000
  })
  t.equal(read({}).SERVICES_FILE, undefined)
  t.strictSame(readConfiguration({}).warnings, [])
})

t.test('an empty value counts as absent, for every variable', async t => {
  t.strictSame(readConfiguration(Object.fromEntries(variables.map(name => [name, '']))), readConfiguration({}))
  t.strictSame(readConfiguration(Object.fromEntries(variables.map(name => [name, undefined]))), readConfiguration({}))
})

t.test('numbers, switches, lists and words are understood', async t => {
  t.match(read({
    PORT: '0', HOST: '::', MODULES: ' graphics , graphics ', SERVICES_FILE: '/etc/services.yaml', LOG_LEVEL: 'silent', PARALLEL_PREPROCESSORS: 'on', PREPROCESSOR_TIMEOUT: '90000', SHUTDOWN_TIMEOUT: '0'
  }), {
    PORT: 0, HOST: '::', MODULES: ['graphics'], SERVICES_FILE: '/etc/services.yaml', LOG_LEVEL: 'silent', PARALLEL_PREPROCESSORS: true, PREPROCESSOR_TIMEOUT: 90000, SHUTDOWN_TIMEOUT: 0
  })
  for (const [text, isOn] of [['ON', true], ['on', true], ['OFF', false], ['off', false]] as const) t.equal(read({ PARALLEL_PREPROCESSORS: text }).PARALLEL_PREPROCESSORS, isOn)
})

t.test('sizes are bytes, or numbers with a unit of 1024', async t => {
  for (const [text, size] of [['1', 1], ['100000', 100000], ['10b', 10], ['100kb', 102400], ['10mb', 10485760], ['10MB', 10485760], ['1.5 Mb', 1572864], ['0.125gb', 134217728]] as const) {
    t.equal(read({ MAX_BODY: text }).MAX_BODY, size, text)
    t.equal(read({ MAX_REPLY: text }).MAX_REPLY, size, text)
  }
})

t.test('a wrong value is one line that names the variable, the value and what is allowed', async t => {
  const whole = /it must be a whole number from \d+ to \d+$/
  const size = /it must be a number of bytes, or a number with b, kb, mb or gb/
  const cases: Record<string, [RegExp, ...string[]]> = {
    PORT: [whole, '-1', '65536', '80abc', '80.5', 'http', 'NaN', 'true', '1e99'],
    MODULES: [/it must be a comma-separated list of graphics/, 'graphic', 'graphics;tracking', ',', 'graphics,,graphics', 'GRAPHICS'],
    DISCOVERY: [/it must be one of static, docker, swarm$/, 'dynamic', 'STATIC'],
    DOCKER_HOST: [/it must be an address such as unix:/, '/var/run/docker.sock', 'unix://run', 'ssh://host', 'tcp://', 'tcp://host:2375/v1.41', 'npipe:////./pipe/docker_engine'],
    OWN_CONTAINER: [/it must be a container's id or name$/, 'a b', '-x', '../x'],
    RETRY_BUDGET: [whole, '-1', '101'],
    SET_ASIDE_AFTER: [whole, '0'],
    SET_ASIDE_TIME: [whole, '0'],
    DOCKER_TIMEOUT: [whole, '99'],
    RECONCILE_INTERVAL: [whole, '99'],
    SWARM_INTERVAL: [whole, '0'],
    LOG_LEVEL: [/it must be one of trace, debug, info, warn, error, fatal, silent$/, 'verbose', 'INFO', '30'],
    MAX_BODY: [size, 'ten', '10 megabytes', '-1', '-1kb', '10tb', '1,5mb', '0', '0.5', '0kb', '1gb', '134217729', '99999999999999999999gb', '10mb '],
    MAX_REPLY: [size, 'ten', '0', '0.0001kb'],
    PARALLEL_PREPROCESSORS: [/it must be one of ON, on, OFF, off$/, 'On', 'true', '1', 'yes'],
    PARALLEL_LIMIT: [whole, '0', '-1', 'many', '100001'],
    SERVICE_LIMIT: [whole, '0', '2.5'],
    PREPROCESSOR_TIMEOUT: [whole, '0', '-5', '15s', '3600001'],
    HANDLER_TIMEOUT: [whole, '0', '∞'],
    REQUEST_TIMEOUT: [whole, '0'],
    HEADERS_TIMEOUT: [whole, '99'],
    RECEIVE_TIMEOUT: [whole, '99'],
    SHUTDOWN_TIMEOUT: [whole, '-1']
  }
  for (const [name, [allowed, ...values]] of Object.entries(cases)) {
    for (const value of values) {
      t.throws(() => read({ [name]: value }), { code: 'TUTTI_CONFIGURATION', message: `${name}=${value} is not allowed: ` }, `${name}=${value}`)
      t.throws(() => read({ [name]: value }), { message: allowed })
    }
  }
})

t.test('no secret is in the line', async t => {
  const cases: Record<string, string[]> = {
    OPERATOR_TOKEN: ['hunter2', 'hunter2 hunter2 hunter2'],
    REDIS_URL: ['hunter2', 'redis:hunter2', 'redis://:hunter2@', 'redis://me:hunter2@host:99999', 'http://me:hunter2@host', 'redis://me:hunter2%zz@host', 'redis://me:hunter2#@host', 'redis://me:hunter2 @host'],
    AUTH_JWKS_URL: ['https://me:hunter2@login.example.org/certs', 'me:hunter2@x', 'https://me:hunter2@a@b'],
    MEMCACHE_SERVERS: ['me:hunter2@host:11211', 'one:11211,me:hunter2@two:11211', 'hunter2@'],
    MEMCACHIER_SERVERS: ['me:hunter2@host:11211'],
    DOCKER_HOST: ['tcp://me:hunter2@host:2375', 'me:hunter2@host'],
    TRUST_PROXY: ['me:hunter2@10.0.0.1']
  }
  for (const [name, values] of Object.entries(cases)) {
    for (const value of values) {
      const error = t.throws(() => read({ [name]: value }), { code: 'TUTTI_CONFIGURATION', message: `${name}=` }, `${name}=${value}`)
      t.notMatch(JSON.stringify([String(error), error]), 'hunter2', `${name}=${value}`)
    }
  }
  t.throws(() => read({ DOCKER_HOST: 'tcp://me:hunter2@host:2375' }), { message: 'DOCKER_HOST=…@host:2375 is not allowed' }, 'what is no secret is')
  t.throws(() => read({ REDIS_URL: 'redis://[' }), { message: 'REDIS_URL=(not shown) is not allowed: it must be an address such as redis://' })
  t.throws(() => read({ AUTH_JWKS_URL: 'https://[' }), { message: 'AUTH_JWKS_URL=https://[ is not allowed: it must be an address such as https://' })
  for (const REDIS_URL of ['redis://host', 'rediss://me:p%40ss%23@host:6379/1', 'redis://:secret@[::1]:6379']) t.equal(read({ REDIS_URL }).REDIS_URL, REDIS_URL)
})

t.test('the line stays one line of reasonable length, whatever the value', async t => {
  for (const value of ['80\n81', '\u001b[31m80', `8\r\n${'0'.repeat(100_000)}`]) {
    const error = t.throws(() => read({ PORT: value }), { code: 'TUTTI_CONFIGURATION' })
    t.match(String(error), 'PORT=')
    const { message } = error as unknown as Error
    t.notMatch(message, /\p{Cc}/u)
    t.ok(message.length < 400)
  }
})

t.test('the first of several wrong values is named', async t => {
  t.throws(() => read({ LOG_LEVEL: 'loud', PORT: 'none' }), { code: 'TUTTI_CONFIGURATION', message: /^(?:LOG_LEVEL|PORT)=/ })
})

t.test('every variable can say which values it may have', async t => {
  for (const [name, schema] of Object.entries(ConfigSchema.properties)) t.match(allowedValues(schema), /^(?:an?|one of) \S/, name)
})

t.test('a name that is nearly right is a warning with the right spelling', async t => {
  for (const [name, right] of [['PARALLEL_PREPROCESSOR', 'PARALLEL_PREPROCESSORS'], ['PREPROCESOR_TIMEOUT', 'PREPROCESSOR_TIMEOUT'], ['SERVICE_FILE', 'SERVICES_FILE'], ['MAXBODY', 'MAX_BODY'], ['port', 'PORT'], ['Log_Level', 'LOG_LEVEL']] as const) {
    t.strictSame(readConfiguration({ [name]: 'x' }).warnings, [`${name} is not a variable of Tutti and is ignored; did you mean ${right}?`])
  }
})

t.test('names that have nothing to do with Tutti are ignored in silence, however strange', async t => {
  const environment = Object.fromEntries(['PATH', 'HOME', 'HOSTTYPE', 'NODE_ENV', 'npm_config_cache', 'SORT', '__proto__', 'constructor', 'x'.repeat(100_000)].map(name => [name, 'x']))
  const { configuration, warnings } = readConfiguration(environment)
  t.strictSame(warnings, [])
  t.strictSame(configuration, read({}))
})

t.test('right names give no warning', async t => {
  t.strictSame(readConfiguration({ PORT: '1', HOST: 'x', SERVICES_FILE: 'x' }).warnings, [])
})
