// The process: reads the environment, listens, and closes gracefully.
import { writeSync } from 'node:fs'
import { enableCompileCache, flushCompileCache, getCompileCacheDir } from 'node:module'
import path from 'node:path'
import closeWithGrace from 'close-with-grace'
import type { FastifyInstance } from 'fastify'

/**
 * Starts the server and binds it to the signals of the process.
 * @param environment - variables as in docs/configuration.md
 * @param afterClose - called when the last request has been answered
 * @throws ConfigurationError, ServicesFileError, or the system's error when it cannot listen
 */
export async function startServer (environment: NodeJS.ProcessEnv, afterClose: () => Promise<void> = async () => {}): Promise<FastifyInstance> {
  keepCompiled()
  const [{ buildApp }, { readConfiguration }] = await Promise.all([import('./app.ts'), import('./lib/configuration.ts')])
  const { configuration, warnings } = readConfiguration(environment)
  const app = await buildApp({ configuration })
  for (const warning of warnings) app.log.warn(warning)
  app.addHook('onClose', afterClose)

  // Phases: the server is not ready but still answers, new requests are refused, those in flight finish, at SHUTDOWN_TIMEOUT they are answered with what is ready, and
  // a little later the process ends whatever happens. A second signal ends it at once.
  closeWithGrace({ delay: configuration.DRAIN_TIME + configuration.SHUTDOWN_TIMEOUT + 15000, logger: app.log }, async ({ err, signal }) => {
    if (err !== undefined) app.log.fatal({ err }, 'the server stops because of an error that nothing caught')
    else app.log.info({ signal }, 'the server stops')
    await app.close()
  })
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
  await app.listen({ port: configuration.PORT, host: configuration.HOST })
  // Otherwise it would be written at the end of the process, which may be a sudden one.
  flushCompileCache()
  return app
}

/**
 * Keeps what Node makes of the source, for the next start, where NODE_COMPILE_CACHE names no other place. It lies beside what was installed, with the
 * same owner: whoever may write there decides what runs. Where nobody may, nothing is kept.
 */
function keepCompiled (): void {
  // What comes compiled is counted less exactly.
  if (process.env.NODE_V8_COVERAGE !== undefined) return
  enableCompileCache(path.join(import.meta.dirname, 'node_modules/.cache/compiled'))
  // For worker threads.
  const folder = getCompileCacheDir()
  if (folder !== undefined) process.env.NODE_COMPILE_CACHE ??= path.dirname(folder)
}

/** What to tell the operator when the server cannot start: one line that names the cause and the cure. */
export function startFailure (error: unknown): string {
  const { message, code } = error as NodeJS.ErrnoException
  const cure = code === 'EADDRINUSE' ? ' Stop what listens there, or set PORT to another one.' : ''
  return `Tutti cannot start: ${message.replace(/\.?$/, '.')}${cure}\n`
}

if (import.meta.main) {
  try {
    await startServer(process.env)
  } catch (error) {
    process.stderr.write(startFailure(error))
    process.exit(1)
  }
}
