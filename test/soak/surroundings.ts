// What happens around the server during a soak: services come, go and move, and somebody clears the storage folder.
import { readdir, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { stringify } from 'yaml'
import type { Random } from '../fixtures/json/random-text.ts'
import { digestOf } from './graphics.ts'

/** Services files, one after the other: all of them name the four services that every check counts on. */
export interface ServicesFile {
  path: string
  /** Puts the next one in the place of the last. One in five cannot be used. */
  change (): Promise<void>
}

/** Writes services files. @param origins - addresses of the services by name */
export async function writeServicesFile (folder: string, origins: Record<string, string>): Promise<ServicesFile> {
  const urls = (...names: string[]) => names.map(name => origins[name] ?? '')
  const core = {
    look: { labels: { preprocessor: 1, cacheTimeout: 20 }, urls: urls('look', 'look-again') },
    find: { labels: { preprocessor: 2, required_dependencies: 'look' }, urls: urls('find') },
    speak: { labels: { handler: 'enable', required_dependencies: 'look' }, urls: urls('speak') },
    draw: { labels: { handler: 'enable', optional_dependencies: 'find' }, urls: urls('draw') }
  }
  const guest = { labels: { handler: 'enable' }, urls: urls('guest') }
  const texts = [
    stringify({ services: { ...core, guest } }),
    stringify({ services: { ...core, look: { ...core.look, urls: urls('look') } } }),
    // Nobody listens at the second address.
    stringify({ services: { ...core, guest, speak: { ...core.speak, urls: [...urls('speak'), 'http://127.0.0.1:9'] } } }),
    'services: [',
    stringify({ services: { ...core, look: { ...core.look, urls: urls('look-again', 'look') } } })
  ]
  const file = path.join(folder, 'services.yaml')
  await writeFile(file, texts[4] ?? '')
  let next = 0
  return {
    path: file,
    async change () {
      await writeFile(`${file}.new`, texts[next++ % texts.length] ?? '')
      await rename(`${file}.new`, file)
    }
  }
}

/** Clears a storage folder. */
export interface StorageClearing {
  /** Removes what has been stored since; one in five requests is looked at, one in fifty left to the server and dated back by two hours. */
  clear (): Promise<void>
  /** Requests seen, and those whose files do not belong together. */
  counts: { seen: number, checked: number, wrong: number }
  /** UUIDs of the last requests that were left. */
  left: string[]
}

/** Clears the folder in which the server of a soak stores requests. */
export function createStorageClearing (folder: string, random: Random): StorageClearing {
  const counts = { seen: 0, checked: 0, wrong: 0 }
  const left: string[] = []
  const known = new Set<string>()

  const clearOne = async (requestUuid: string) => {
    const place = path.join(folder, requestUuid)
    counts.seen += 1
    if (random(5) === 0) {
      counts.checked += 1
      if (!await belongsTogether(place, requestUuid)) counts.wrong += 1
    }
    if (random(50) > 0) return await rm(place, { recursive: true, force: true })
    const old = new Date(Date.now() - 2 * 3600 * 1000)
    await utimes(place, old, old)
    known.add(requestUuid)
    left.push(requestUuid)
    if (left.length > 50) left.shift()
  }

  return {
    counts,
    left,
    async clear () {
      const present = (await readdir(folder)).filter(name => !name.startsWith('.'))
      const names = new Set(present)
      for (const each of known) if (!names.has(each)) known.delete(each)
      for (const each of present) if (!known.has(each)) await clearOne(each)
    }
  }
}

/** Whether a stored answer is about the stored graphic. */
async function belongsTogether (place: string, requestUuid: string): Promise<boolean> {
  const [request, response] = await Promise.all(['request.json', 'response.json'].map(async name => JSON.parse(await readFile(path.join(place, name), 'utf8'))))
  const digest = digestOf(Buffer.from(request.graphic))
  return request.request_uuid === requestUuid && response.request_uuid === requestUuid &&
    response.renderings.every(({ data }: { data: { text: string } }) => data.text.startsWith(digest))
}
