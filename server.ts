// The process: reads the environment, listens, and closes gracefully. With WORKERS it starts others that do so.
import { writeSync } from 'node:fs'
import { enableCompileCache, flushCompileCache, getCompileCacheDir } from 'node:module'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import closeWithGrace from 'close-with-grace'
import type { FastifyInstance } from 'fastify'
import { atMost } from './lib/at-most.ts'
import { configurationOfWorker } from './lib/cluster/shares.ts'
import type { WorkerProcess } from './lib/cluster/worker.ts'
import type { Configuration } from './lib/configuration.ts'

/** A server that has begun to listen. */
export interface Listening {
  /** Where it can be reached, such as `http://127.0.0.1:8080`. */
  listeningOrigin: string
}

/** What else a process of the server does. */
interface ServeOptions {
  /** What to warn of. */
  warnings?: string[]
  /** Called when the last request has been answered. */
  afterClose?: (() => Promise<void>) | undefined
  /** The process that has started this one, where there are several. */
  worker?: WorkerProcess | undefined
}

/** Signals that tell a process to stop. */
const stopSignals = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGUSR2'] as const

/** Time that one of several processes has to find the services before it listens all the same, in milliseconds. */
const patience = 3000

/**
 * Starts the server and binds it to the signals of the process.
 * @param environment - variables as in docs/configuration.md
 * @param afterClose - called when the last request has been answered
 * @throws ConfigurationError, ServicesFileError, or the system's error when it cannot listen
 */
export async function startServer (environment: NodeJS.ProcessEnv, afterClose?: () => Promise<void>): Promise<Listening> {
  keepCompiled()
  const { readConfiguration } = await import('./lib/configuration.ts')
  const { configuration, warnings } = readConfiguration(environment)
  if (configuration.WORKERS === 1) return await serve(configuration, { warnings, afterClose })
  const { isWorker, joinPrimary } = await import('./lib/cluster/worker.ts')
  if (!isWorker()) return await startWorkers(configuration, environment, warnings, afterClose)
  const worker = joinPrimary()
  try {
    return await serve(configurationOfWorker(configuration), { worker })
  } catch (error) {
    await worker.failed(error)
    process.exit(1)
  }
}

/** Answers requests in this process. */
async function serve (configuration: Configuration, { warnings = [], afterClose, worker }: ServeOptions): Promise<Listening> {
  // Loaded where it is needed: a process that only starts others stays small.
  const { buildApp } = await import('./app.ts')
  const app = await buildApp({ configuration, siblings: worker?.siblings })
  for (const warning of warnings) app.log.warn(warning)
  if (afterClose !== undefined) app.addHook('onClose', afterClose)

  // Phases: the server is not ready but still answers, new requests are refused, those in flight finish, at SHUTDOWN_TIMEOUT they are answered with what is ready, and
  // a little later the process ends whatever happens. A second signal ends it at once.
  const { close } = closeWithGrace({ delay: longestClose(configuration), logger: app.log, skip: worker === undefined ? [] : [...stopSignals] }, async ({ err, signal }) => {
    if (err !== undefined) app.log.fatal({ err }, 'the server stops because of an error that nothing caught')
    else if (worker === undefined) app.log.info({ signal }, 'the server stops')
    await app.close()
  })
  if (worker !== undefined) {
    // A terminal, or systemd, sends signals to all processes, and the primary one sends them on: two are not a second one.
    let isClosing = false
    const stop = () => {
      if (!isClosing) void close()
      isClosing = true
    }
    worker.onStop(stop)
    for (const signal of stopSignals) process.on(signal, stop)
  }
  // The end of a process waits for its threads, and those wait for the disk: one that hangs would keep it for ever.
  process.once('exit', () => {
    if (!app.hasDecorator('storage') || !app.storage.isStuck()) return
    try {
      // The log is written by a thread, which would not come to it any more.
      writeSync(2, 'The disk of STORAGE_DIR does not answer, so that the process cannot end by itself; it is killed.\n')
    } finally {
      process.kill(process.pid, 'SIGKILL')
    }
  })
  if (worker === undefined) {
    await listen(app, address => `Server listening at ${address}`)
    // Otherwise it would be written at the end of the process, which may be a sudden one.
    flushCompileCache()
    return app
  }
  // While it knows no services, others that do get the requests.
  await atMost(patience, servicesFound(app))
  await worker.listening(await listen(app, address => `A worker process listens at ${address}`))
  return app
}

/** Begins to listen: on PORT, on SSL_PORT, or on both. @param say - the line of the log for an address @returns all addresses */
async function listen (app: FastifyInstance, say: (address: string) => string): Promise<string[]> {
  const { HOST: host, PORT, SSL_ONLY, SSL_PORT } = app.config
  const addresses: string[] = []
  const listenTextResolver = (address: string) => {
    addresses.push(address)
    return say(address)
  }
  await app.listen({ port: SSL_ONLY === 'on' ? SSL_PORT : PORT, host, listenTextResolver })
  // plugins/tls.ts begins when the server is ready.
  const tlsOrigin = app.tlsOrigin()
  if (tlsOrigin !== undefined) app.log.info(listenTextResolver(tlsOrigin))
  return addresses
}

/**
 * Keeps what Node makes of the source, for the next start, where NODE_COMPILE_CACHE names no other place. It lies beside what was installed, with the
 * same owner: whoever may write there decides what runs. Where nobody may, nothing is kept.
 */
function keepCompiled (): void {
  // What comes compiled is counted less exactly.
  if (process.env.NODE_V8_COVERAGE !== undefined) return
  enableCompileCache(path.join(import.meta.dirname, 'node_modules/.cache/compiled'))
  // For worker threads and processes.
  const folder = getCompileCacheDir()
  if (folder !== undefined) process.env.NODE_COMPILE_CACHE ??= path.dirname(folder)
}

/** Starts the processes that answer requests, and answers none in this one. */
async function startWorkers (configuration: Configuration, environment: NodeJS.ProcessEnv, warnings: string[], afterClose = async () => {}): Promise<Listening> {
  const [{ keepWorkers }, { pino }] = await Promise.all([import('./lib/cluster/primary.ts'), import('pino')])
  const log = pino({ level: configuration.LOG_LEVEL })
  for (const warning of warnings) log.warn(warning)
  const workers = keepWorkers({ script: fileURLToPath(import.meta.url), environment, count: configuration.WORKERS, log })
  process.once('exit', workers.kill)
  closeWithGrace({ delay: longestClose(configuration) + 5000, logger: log }, async ({ err, signal }) => {
    if (err !== undefined) log.fatal({ err }, 'the server stops because of an error that nothing caught')
    else log.info({ signal }, 'the server stops')
    await workers.stop().finally(afterClose)
  })
  const addresses = await workers.started
  for (const address of addresses) log.info(`Server listening at ${address}`)
  return { listeningOrigin: addresses[0] ?? '' }
}

/** The longest time that a process takes to close, in milliseconds. */
function longestClose ({ DRAIN_TIME, SHUTDOWN_TIMEOUT }: Configuration): number {
  return DRAIN_TIME + SHUTDOWN_TIMEOUT + 15000
}

/** Resolves when services have been looked for. */
async function servicesFound (app: FastifyInstance): Promise<void> {
  if (!app.hasDecorator('discovery')) return
  const { discovery } = app
  while (discovery.status().obstacle !== undefined) {
    await new Promise<void>(resolve => {
      const end = discovery.onChange(() => {
        end()
        resolve()
      })
    })
  }
}

/** What to do about errors of the system, by code. */
const cures: Readonly<Record<string, string>> = {
  EACCES: ' Set PORT (for TLS, SSL_PORT) to one that is not below 1024, or give the process the right to such ones.',
  EADDRINUSE: ' Stop what listens there, or set PORT (for TLS, SSL_PORT) to another one.'
}

/** What to tell the operator when the server cannot start: one line that names the cause and the cure. */
export function startFailure (error: unknown): string {
  const { message, code } = error as NodeJS.ErrnoException
  return `Tutti cannot start: ${message.replace(/\.?$/, '.')}${cures[code ?? ''] ?? ''}\n`
}

if (import.meta.main) {
  try {
    await startServer(process.env)
  } catch (error) {
    process.stderr.write(startFailure(error))
    process.exit(1)
  }
}
