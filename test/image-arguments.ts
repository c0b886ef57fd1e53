// How the server is started in operation, for those who measure it.
import { readFileSync } from 'node:fs'

/** Arguments for Node before the name of the script, as the Dockerfile has them. */
export const imageArguments = argumentsOf('../Dockerfile', /^CMD \[(.*)\]$/m)

/** The same as a compose file has them. @param file - its name in the folder `compose` */
export function composedArguments (file: string): string[] {
  return argumentsOf(`../compose/${file}`, /^ *command: \[(.*)\]$/m)
}

function argumentsOf (file: string, command: RegExp): string[] {
  const [, list = ''] = readFileSync(new URL(file, import.meta.url), 'utf8').match(command) ?? []
  return list.split(',').map(each => each.trim().replace(/^"(.*)"$/, '$1')).slice(1, -1)
}
