// The process: reads the environment, listens, and closes gracefully.
import closeWithGrace from 'close-with-grace'
import { buildApp } from './app.ts'
import { readConfiguration } from './lib/configuration.ts'

async function main () {
  const { configuration, warnings } = readConfiguration(process.env)
  const app = await buildApp({ configuration })
  for (const warning of warnings) app.log.warn(warning)

  // Phases: new requests are refused, those in flight finish, at SHUTDOWN_TIMEOUT they are answered with what is ready, and
  // a little later the process ends whatever happens. A second signal ends it at once.
  closeWithGrace({ delay: configuration.SHUTDOWN_TIMEOUT + 5000, logger: app.log }, async ({ err, signal }) => {
    if (err !== undefined) app.log.fatal({ err }, 'the server stops because of an error that nothing caught')
    else app.log.info({ signal }, 'the server stops')
    await app.close()
  })
  await app.listen({ port: configuration.PORT, host: configuration.HOST })
}

try {
  await main()
} catch (error) {
  // One line for the operator; what it says names the variable or file and the cure.
  const { message, code } = error as NodeJS.ErrnoException
  const cure = code === 'EADDRINUSE' ? ' Stop what listens there, or set PORT to another one.' : ''
  process.stderr.write(`Tutti cannot start: ${message}.${cure}\n`.replace('..', '.'))
  process.exit(1)
}
