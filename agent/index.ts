// npm run agent: makes this machine a device that runs WebAssembly modules for an orchestrator. docs/devices.md says what it can be told.
import { messageOf } from './download.ts'
import { startAgent } from './agent.ts'
import { readSettings } from './settings.ts'

const say = (line: string) => process.stdout.write(`${line}\n`)

try {
  const settings = readSettings(process.env)
  const agent = await startAgent(settings, say)
  say(`agent ${settings.name} listens on ${agent.url}`)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => { agent.close().then(() => process.exit(0), () => process.exit(1)) })
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`)
  process.exitCode = 1
}
