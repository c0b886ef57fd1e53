// The frames of the recorded pictures, made by their generator, which needs Debian's Python packages.
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'

/** Debian's own Python, which has its packages; another one may come first on the path. */
export const python = '/usr/bin/python3'

const generators = path.join(path.dirname(import.meta.dirname), 'fixtures/diffraction')

/** Runs a script. @returns what it wrote */
export async function runPython (script: string, ...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(python, ['-B', script, ...args], { maxBuffer: 64 * 1024 * 1024 })
  return stdout
}

/** Gives the folder with the frames. It is made once: it lies where the engines lie, or among the temporary files, under the digest of the generator. */
export async function recordedFrames (): Promise<string> {
  const scripts = ['gen.py', 'fullcbf.py'].map(name => path.join(generators, name))
  const digest = createHash('sha256').update(scripts.map(file => readFileSync(file, 'utf8')).join('\0')).digest('hex').slice(0, 16)
  const place = process.env.TUTTI_ENGINES ?? tmpdir()
  const folder = path.join(place, `tutti-recorded-frames-${digest}`)
  if (existsSync(folder)) return folder
  const unfinished = mkdtempSync(path.join(place, 'tutti-frames-'))
  try {
    await runPython(scripts[0] as string, '--out', unfinished)
    renameSync(unfinished, folder)
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true })
    // Another test may have been quicker.
    if (!existsSync(folder)) throw error
  }
  return folder
}
