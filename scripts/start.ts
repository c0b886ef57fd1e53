// npm start: the built-in services, each in a process of its own, and the server beside them.
import { mkdir, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { readConfiguration } from '../lib/configuration.ts'
import { supervise } from '../lib/supervisor.ts'
import { moduleNames } from '../schemas/config.ts'
import { startFailure, startServer } from '../server.ts'
import { catalogue } from '../services/catalogue.ts'
import { demoSession, prepareDemo } from './diffraction-demo/demo.ts'

/** Longest wait for the services before the server starts without the missing ones, in milliseconds. */
const patience = 120000

const root = path.dirname(import.meta.dirname)
const say = (line: string) => process.stdout.write(`${line}\n`)

/** What `npm start` sets where the environment says nothing: every module is on, photographs fit, everything runs at once, only warnings are logged, and the network is left in peace. */
const defaults = { MODULES: moduleNames.join(), PARALLEL_PREPROCESSORS: 'ON', MAX_BODY: '20mb', LOG_LEVEL: 'warn', DEVICES_MDNS: 'off', DATA_DIR: path.join(root, 'data') }

async function main () {
  const environment: NodeJS.ProcessEnv = { ...defaults, ...process.env }
  const demo = await prepareDemo(environment, environment.DATA_DIR === undefined || environment.DATA_DIR === '' ? defaults.DATA_DIR : environment.DATA_DIR)
  Object.assign(environment, demo?.variables)
  demo?.made.catch(() => say('The frames of the demonstration could not be made; everything else goes on.'))
  const { DATA_DIR, SERVICES_FILE, MAX_BODY, MAX_REPLY } = readConfiguration(environment).configuration
  if (SERVICES_FILE !== undefined) {
    say(`The services are those of ${SERVICES_FILE}; the built-in ones stay off.`)
    const app = await startServer(environment)
    say(`Tutti is ready at ${app.listeningOrigin}. Ctrl+C stops it.`)
    return
  }
  const servicesFile = environment.SERVICES_FILE = path.join(path.resolve(DATA_DIR), 'services.json')
  await mkdir(path.dirname(servicesFile), { recursive: true })

  const ports = new Map<string, number>()
  const ready = Promise.withResolvers<void>()
  let writing = Promise.resolve()
  say(`Starting ${catalogue.length} services; they load their models first.`)
  const supervisor = supervise(
    catalogue.map(({ name }) => ({ name, script: path.join(root, 'services', name, 'index.ts') })),
    // The services listen on this machine only, each on a free port, and take the largest request with results added to it.
    { ...environment, HOST: '127.0.0.1', PORT: '0', MAX_BODY: String(2 * MAX_BODY + MAX_REPLY) },
    {
      onReady (name, port) {
        if (!ports.has(name)) say(`  ${name} is ready`)
        ports.set(name, port)
        writing = writing.then(() => writeServicesFile(servicesFile, ports))
        if (ports.size === catalogue.length) ready.resolve()
      },
      onCrash (name, status, pause) {
        say(`  ${name} has stopped (${status}); it is started again in ${pause / 1000} s`)
      }
    }
  )
  process.once('SIGINT', stopEarly).once('SIGTERM', stopEarly)
  async function stopEarly () {
    await supervisor.stop()
    process.exit(0)
  }

  const tooLong = setTimeout(ready.resolve, patience)
  await ready.promise
  clearTimeout(tooLong)
  const missing = catalogue.filter(({ name }) => !ports.has(name)).map(({ name }) => name)
  if (missing.length > 0) say(`Going on without ${missing.join(', ')}; they join when they are ready.`)
  writing = writing.then(() => writeServicesFile(servicesFile, ports))
  await writing

  try {
    const app = await startServer(environment, () => supervisor.stop())
    process.off('SIGINT', stopEarly).off('SIGTERM', stopEarly)
    say(`
Tutti is ready at ${app.listeningOrigin}

Try it in another terminal:
  npm run render -- test/fixtures/graphics/coffee.jpg
It prints what is in the photograph and writes speech and a tactile picture to the folder out.
${demo === undefined
? ''
: `
Look at a diffraction frame: ${app.listeningOrigin}/console/#/diffraction
The token is ${demoSession.pid}, the ESAF ${demoSession.esaf}.
`}
Read on: README.md, docs/clients.md to send graphics yourself, docs/services.md to add a service.
Ctrl+C stops everything.`)
  } catch (error) {
    await supervisor.stop()
    throw error
  }
}

/** Writes where the services listen; the new file takes the place of the old one at once, so that nobody reads half of it. */
async function writeServicesFile (file: string, ports: ReadonlyMap<string, number>): Promise<void> {
  const services = Object.fromEntries(catalogue.filter(({ name }) => ports.has(name)).map(({ name, labels }) => [
    name, { labels, urls: [`http://127.0.0.1:${ports.get(name)}`] }
  ]))
  await writeFile(`${file}.tmp`, JSON.stringify({ services }, null, 2) + '\n')
  await rename(`${file}.tmp`, file)
}

try {
  await main()
} catch (error) {
  process.stderr.write(startFailure(error))
  process.exit(1)
}
