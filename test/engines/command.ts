// Runs the programs of an operator: docker, docker-compose and the like.
import { spawn } from 'node:child_process'
import path from 'node:path'

/** The repository's root. */
export const root = path.dirname(path.dirname(import.meta.dirname))

/** What a program needs besides its arguments. */
export interface CommandOptions {
  /** Variables that are added to those of this process. */
  environment?: NodeJS.ProcessEnv
  /** Folder to run in; the repository's root where absent. */
  folder?: string
}

/**
 * Runs a program to its end and gives what it printed on standard output, without the last line's end.
 * @throws Error with all that it printed when it fails
 */
export async function run (program: string, args: readonly string[], { environment, folder = root }: CommandOptions = {}): Promise<string> {
  const child = spawn(program, args, { cwd: folder, env: { ...process.env, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  let everything = ''
  child.stdout.setEncoding('utf8').on('data', text => { output += text; everything += text })
  child.stderr.setEncoding('utf8').on('data', text => { everything += text })
  const { promise, resolve, reject } = Promise.withResolvers<number | null>()
  child.once('error', reject).once('close', resolve)
  const status = await promise
  if (status !== 0) throw new Error(`"${program} ${args.join(' ')}" failed (${status}):\n${everything.slice(-8000)}`)
  return output.trimEnd()
}

/** Runs docker with arguments, in one text where none holds a space; see run. */
export async function docker (args: string | readonly string[], options?: CommandOptions): Promise<string> {
  return await run('docker', typeof args === 'string' ? args.split(' ') : args, options)
}
