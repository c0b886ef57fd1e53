// How the image starts the server, for those who measure it.
import { readFileSync } from 'node:fs'

/** Arguments for Node before the name of the script, as the Dockerfile has them. */
export const imageArguments = readImageArguments()

function readImageArguments (): string[] {
  const [, command = '[]'] = readFileSync(new URL('../Dockerfile', import.meta.url), 'utf8').match(/^CMD (\[.*\])$/m) ?? []
  return (JSON.parse(command) as string[]).slice(1, -1)
}
