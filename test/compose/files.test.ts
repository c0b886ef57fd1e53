// The compose files as text: they parse, say the same as the catalogue and as .env.example, and agree with one another.
import { readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { ConfigSchema } from '../../schemas/config.ts'
import { readConfiguration } from '../../lib/configuration.ts'
import { labelPrefix } from '../../lib/discovery/labels.ts'
import { catalogue } from '../../services/catalogue.ts'
import { composeFolder } from '../engines/nginx.ts'

interface Service {
  image?: string
  profiles?: string[]
  command?: string[]
  labels?: Record<string, string>
  environment?: Record<string, string>
  networks?: string[]
  volumes?: unknown[]
  ports?: unknown[]
  deploy?: { labels?: Record<string, string>, endpoint_mode?: string }
}
interface ComposeFile { services: Record<string, Service>, networks?: Record<string, unknown> }

const read = (file: string) => readFileSync(path.join(composeFolder, file), 'utf8')
const parseFile = (file: string): ComposeFile => parse(read(file), { merge: true })

const composeFiles = readdirSync(composeFolder).filter(file => file.endsWith('.yaml'))

/** The settings of .env.example. */
const example = new Map(read('.env.example').split('\n').filter(line => /^[A-Z]/.test(line)).map(line => {
  const [name = '', ...value] = line.split('=')
  return [name, value.join('=')] as const
}))

/** A duration of Docker, such as 50s or 2m15s, in milliseconds. */
function milliseconds (duration = ''): number {
  const [, minutes = 0, seconds = 0] = duration.match(/^(?:(\d+)m)?(?:(\d+)s)?$/) ?? []
  return (Number(minutes) * 60 + Number(seconds)) * 1000
}

t.test('every file parses and has services', async t => {
  t.ok(composeFiles.length >= 8)
  for (const file of composeFiles) t.not(Object.keys(parseFile(file).services).length, 0, file)
  t.type(parse(read('traefik/routes.yaml')), 'object')
})

for (const file of ['compose.yaml', 'stack.yaml']) {
  t.test(`${file} has the built-in services with the labels of the catalogue`, async t => {
    const { services } = parseFile(file)
    for (const { name, labels } of catalogue) {
      const service = services[name]
      const wanted = Object.fromEntries(Object.entries({ ...labels, port: '5000' }).map(([label, value]) => [labelPrefix + label, value]))
      t.strictSame(service?.labels ?? service?.deploy?.labels, wanted, name)
      t.strictSame(service?.command, ['node', `services/${name}/index.ts`])
      t.equal(service?.environment?.PORT, '5000')
    }
    const others = Object.entries(services).filter(([name]) => !catalogue.some(each => each.name === name))
    for (const [name, { labels, deploy }] of others) t.notOk(labels ?? deploy?.labels, `${name} is no service`)
  })
}

t.test('every service but the orchestrator names its profiles, and test has none with heavy models', async t => {
  const { services } = parseFile('compose.yaml')
  t.equal(services.orchestrator?.profiles, undefined)
  for (const [name, { profiles }] of Object.entries(services)) {
    if (name === 'orchestrator') continue
    t.strictSame(profiles?.slice(0, 2), ['default', 'production'], name)
    t.equal(profiles?.includes('test'), !['object-detection', 'ocr', 'memcached'].includes(name), name)
  }
})

t.test('every variable is explained in .env.example, with the default that the files give it', async t => {
  const used = new Set<string>()
  for (const file of composeFiles) {
    for (const [, name = '', kind, value] of read(file).matchAll(/\$\{(\w+)(:?[-?])?([^}]*)\}/g)) {
      used.add(name)
      t.ok(example.has(name), `${name} of ${file}`)
      t.ok(kind !== undefined, `${name} of ${file} has a default or says what to do`)
      if (kind?.endsWith('-') === true) t.equal(value, example.get(name), `${name} of ${file}`)
    }
  }
  const readByCompose = ['COMPOSE_PROJECT_NAME', 'COMPOSE_FILE', 'COMPOSE_PROFILES']
  t.strictSame([...example.keys()].filter(name => !used.has(name)), readByCompose)
  for (const name of example.keys()) t.match(read('.env.example'), new RegExp(`^#.*\\n(?:[A-Z].*\\n)*${name}=`, 'm'), `${name} has a comment`)
})

t.test('a shell can read .env.example, and so can every version of compose', async t => {
  for (const line of read('.env.example').split('\n')) t.match(line, /^$|^# |^[A-Z_]+=[A-Za-z0-9.,:/@_-]*$/)
})

t.test('MAX_BODY and REQUEST_TIMEOUT have their values in one place', async t => {
  const nginx = readdirSync(path.join(composeFolder, 'nginx')).map(file => `nginx/${file}`)
  for (const file of [...composeFiles, ...nginx, 'traefik/routes.yaml']) {
    for (const name of ['MAX_BODY', 'REQUEST_TIMEOUT']) {
      t.notMatch(read(file), new RegExp(`(?<![A-Z_])${name}(:-|: *'?|=)["']?[0-9]`), `${name} in ${file}`)
      t.notOk(read(file).includes(example.get(name) ?? ''), `the value of ${name} in ${file}`)
    }
  }
})

t.test('the orchestrator understands the settings that it is given', async t => {
  for (const file of composeFiles) {
    const { environment = {} } = parseFile(file).services.orchestrator ?? {}
    const filled = Object.fromEntries(Object.entries(environment).map(([name, value]) => {
      return [name, value.replace(/\$\{(\w+)[^}]*\}/, (_, variable: string) => example.get(variable) ?? '')]
    }))
    const { warnings } = readConfiguration(filled)
    // As whom this test runs is not as whom the container does.
    t.strictSame(warnings.filter(each => !each.startsWith('FRAMES ARE READ AS ROOT')), [], file)
    for (const name of Object.keys(environment)) t.ok(name in ConfigSchema.properties, `${name} of ${file}`)
  }
})

t.test('compose.yaml and stack.yaml pass the same settings on', async t => {
  const settings = (file: string) => Object.keys(parseFile(file).services.orchestrator?.environment ?? {}).filter(name => !name.startsWith('DOCKER_')).sort()
  t.strictSame(settings('stack.yaml'), settings('compose.yaml'))
})

t.test('the orchestrator believes nginx, and nobody where it stands alone', async t => {
  const trusted = (file: string) => parseFile(file).services.orchestrator?.environment?.TRUST_PROXY
  t.equal(trusted('compose.yaml'), '${' + 'TRUST_PROXY:-}')
  t.equal(example.get('TRUST_PROXY'), '')
  for (const file of ['nginx.yaml', 'production.yaml', 'stack.yaml']) {
    const { configuration } = readConfiguration({ TRUST_PROXY: trusted(file) })
    t.strictSame(configuration.TRUST_PROXY, ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'], file)
  }
  t.match(read('nginx/entry.conf.template'), /X-Forwarded-For \$remote_addr;/)
  t.notMatch(read('nginx/entry.conf.template'), 'proxy_add_x_forwarded_for')
})

t.test('the orchestrator has three times the memory of the bodies that it takes', async t => {
  const { configuration } = readConfiguration({ MAX_INFLIGHT: example.get('MAX_INFLIGHT') })
  const [, gigabytes = 0] = example.get('ORCHESTRATOR_MEMORY')?.match(/^(\d+)g$/) ?? []
  t.ok(Number(gigabytes) * 1024 ** 3 >= 3 * configuration.MAX_INFLIGHT)
})

t.test('what .env.example sets is safe to begin with: this machine only, no proxy believed, nothing stored, no token that others know', async t => {
  for (const [name, value] of [['BIND', '127.0.0.1'], ['TRUST_PROXY', ''], ['TRUSTED_PROXIES', ''], ['STORE_IMAGE_DATA', 'OFF'], ['OPERATOR_TOKEN', ''], ['LOG_LEVEL', 'info']] as const) {
    t.equal(example.get(name), value, name)
  }
})

t.test('redis.yaml puts Valkey in the place of memcached', async t => {
  const { services } = parseFile('redis.yaml')
  const { configuration } = readConfiguration(services.orchestrator?.environment ?? {})
  t.equal(configuration.MEMCACHE_SERVERS, undefined)
  t.equal(configuration.REDIS_URL, 'redis://valkey:6379')
  t.ok(services.valkey)
  t.strictSame(services.memcached, { scale: 0 })
  t.equal(readConfiguration({ MEMCACHE_SERVERS: '' }).configuration.MEMCACHE_SERVERS, undefined)
  for (const file of ['compose.yaml', 'stack.yaml']) t.match(read(file), /MEMCACHE_SERVERS: \$\{MEMCACHE_SERVERS-/, `${file} lets memcached be left out`)
})

t.test('Docker waits with killing until everything has had its time', async t => {
  const time = (name: string) => Number(example.get(name))
  t.ok(milliseconds(example.get('STOP_GRACE_PERIOD')) >= time('SHUTDOWN_TIMEOUT') + 20000)
  t.ok(milliseconds(example.get('NGINX_STOP_GRACE_PERIOD')) >= time('REQUEST_TIMEOUT') + 10000)
  t.ok(time('PREPROCESSOR_TIMEOUT') < time('REQUEST_TIMEOUT'))
})

t.test('only the socket proxy and, without it, the orchestrator come near the Docker socket, and only to read', async t => {
  for (const file of composeFiles) {
    for (const [name, { volumes = [] }] of Object.entries(parseFile(file).services)) {
      for (const volume of volumes.map(each => JSON.stringify(each)).filter(each => each.includes('docker.sock'))) {
        t.ok(name === 'socket-proxy' || name === 'orchestrator', `${name} of ${file}`)
        t.match(volume, /:ro"$|"read_only":true/)
      }
    }
  }
  t.strictSame(parseFile('socket-proxy.yaml').services.orchestrator?.volumes, ['/dev/null:/var/run/docker.sock:ro'], 'with it, nothing is in its place')
})

t.test('what faces the Internet shares no network with services, and the network of the socket proxy leads nowhere', async t => {
  const production = parseFile('production.yaml')
  t.strictSame(production.services.traefik?.networks, ['traefik'])
  t.strictSame(production.networks?.traefik, { external: true })
  t.strictSame(parseFile('compose.yaml').networks?.default, { name: 'image' })
  for (const file of ['socket-proxy.yaml', 'stack.yaml']) {
    const { services, networks } = parseFile(file)
    t.match(networks?.['docker-api'], { internal: true })
    const sharers = Object.keys(services).filter(name => services[name]?.networks?.includes('docker-api'))
    t.strictSame(sharers.sort(), ['orchestrator', 'socket-proxy'], file)
  }
})

t.test('the stack needs no IPVS and keeps to what docker stack knows', async t => {
  const { services } = parseFile('stack.yaml')
  for (const [name, { deploy, ...service }] of Object.entries(services)) {
    t.match(deploy?.endpoint_mode, /dnsrr/, name)
    for (const unknown of ['profiles', 'build', 'mem_limit', 'restart', 'security_opt', 'group_add', 'tmpfs', 'depends_on']) t.notOk(unknown in service, `${unknown} of ${name}`)
  }
  t.notMatch(read('stack.yaml'), /^name:/m)
})

t.test('docs/deploy.md speaks of variables that exist', async t => {
  const guide = readFileSync(path.join(composeFolder, '../docs/deploy.md'), 'utf8')
  // The variables of others: of the IMAGE project, of Docker's proxy, of the built-in services.
  const others = ['STORE_IMAGE_DATA', 'MEMCACHE_SERVERS', 'CACHE_OVERRIDE', 'CONTAINERS', 'EVENTS', 'PING', 'VERSION', 'SERVICES', 'TASKS', 'NODES', 'NETWORKS', 'MAX_GRAPHIC_DIMENSION']
  const words = [...guide.matchAll(/`[^`\n]*`|^[A-Z_]+=/gm)].flatMap(([text]) => text.match(/\b[A-Z]+(?:_[A-Z]+)+\b|\b[A-Z]{4,}(?==)/g) ?? [])
  t.ok(words.length > 50)
  for (const word of new Set(words)) {
    t.ok(word.startsWith('TUTTI_') || word in ConfigSchema.properties || example.has(word) || others.includes(word), word)
  }
})
