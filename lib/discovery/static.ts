// Discovery from a file: services listed in YAML or JSON, read again whenever the file changes.
import { watch } from 'node:fs'
import type { FSWatcher } from 'node:fs'
import { open } from 'node:fs/promises'
import path from 'node:path'
import { Ajv } from 'ajv'
import { parse } from 'yaml'
import { ServicesFile } from '../../schemas/services-file.ts'
import type { ServiceEntry } from '../../schemas/services-file.ts'
import { ServicesFileError } from '../errors.ts'
import { labelPrefix, readLabels } from './labels.ts'
import { createTopology } from './topology.ts'
import type { Problem, Service, ServiceDiscovery, Topology, Trouble } from './topology.ts'

/** Largest services file, in bytes. */
const largestFile = 4 * 1024 * 1024

/** Time for an editor to finish writing before the file is read again, in milliseconds. */
const settleTime = 50

/** What static discovery is told. */
export interface StaticDiscoveryOptions {
  /** Path of the services file; undefined means that there are no services. */
  file: string | undefined
  /** Told when a changed file cannot be used; the last good one stays in force. */
  onError: (error: Error) => void
  /** The clock, in milliseconds since 1970. */
  now?: () => number
}

/**
 * Reads a services file and follows its changes.
 * @returns discovery whose first snapshot is already there
 * @throws ServicesFileError when the file cannot be read, parsed or understood
 */
export async function createStaticDiscovery (options: StaticDiscoveryOptions): Promise<ServiceDiscovery> {
  const { file, onError, now = Date.now } = options
  const validate = new Ajv({ allowUnionTypes: true }).compile<ServicesFile>(ServicesFile)
  const listeners = new Set<(topology: Topology) => void>()

  const load = async (revision: number): Promise<Topology> => {
    if (file === undefined) return createTopology(revision, [], [], now())
    const content = parseServicesFile(file, await readBounded(file), validate)
    return createTopology(revision, content.services, content.problems, now())
  }

  const first = load(1)
  let loading: Promise<unknown> = first.catch(() => {})
  let settling: NodeJS.Timeout | undefined
  const reload = async () => {
    try {
      topology = await load(topology.revision + 1)
      confirmedAt = topology.takenAt
      trouble = undefined
      for (const listener of listeners) listener(topology)
    } catch (error) {
      trouble = { cause: 'the services file has changed and cannot be used', cure: 'Mend the services file; the log says what is wrong with it.' }
      onError(error as Error)
    }
  }
  // Watched before the file has been read, so that no change falls between.
  const watcher = file === undefined
    ? undefined
    : watchFile(file, onError, () => {
      clearTimeout(settling)
      settling = setTimeout(() => { loading = loading.then(reload) }, settleTime)
    })
  let topology: Topology
  let trouble: Trouble | undefined
  let confirmedAt = now()
  try {
    topology = await first
  } catch (error) {
    watcher?.close()
    clearTimeout(settling)
    throw error
  }

  return {
    current: () => topology,
    // A file that nobody has changed is as true as it was.
    status: () => ({ confirmedAt: trouble === undefined ? now() : confirmedAt, obstacle: undefined, trouble }),
    onChange (listener) {
      listeners.add(listener)
      return () => { listeners.delete(listener) }
    },
    async close () {
      watcher?.close()
      clearTimeout(settling)
      listeners.clear()
      await loading
    }
  }
}

/**
 * Calls back when a file may have changed. Its folder is watched: editors and deployment tools put a new file in the place of the
 * old one, and Kubernetes a new folder behind the link `..data`.
 */
function watchFile (file: string, onError: (error: Error) => void, onChange: () => void): FSWatcher | undefined {
  try {
    return watch(path.dirname(path.resolve(file)), (_event, changed) => {
      if (changed === null || changed === path.basename(file) || changed === '..data') onChange()
    }).on('error', onError)
  } catch (error) {
    // Without the folder there is no file either, and reading it says so.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') onError(error as Error)
    return undefined
  }
}

async function readBounded (file: string): Promise<string> {
  try {
    const handle = await open(file)
    try {
      const { size } = await handle.stat()
      if (size > largestFile) throw new ServicesFileError(file, `it is larger than ${largestFile} bytes; list fewer services`)
      return await handle.readFile('utf8')
    } finally {
      await handle.close()
    }
  } catch (error) {
    if (error instanceof ServicesFileError) throw error
    throw new ServicesFileError(file, `it cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown error'}); check the path and its permissions`)
  }
}

interface Validate {
  (value: unknown): value is ServicesFile
  errors?: Array<{ instancePath: string, message?: string }> | null
}

function parseServicesFile (file: string, text: string, validate: Validate): { services: Service[], problems: Problem[] } {
  let value: unknown
  try {
    value = parse(text, { maxAliasCount: 100 })
  } catch (error) {
    throw new ServicesFileError(file, `it is neither YAML nor JSON: ${brief((error as Error).message)}`)
  }
  if (!validate(value)) {
    const first = validate.errors?.[0]
    throw new ServicesFileError(file, `${brief(first?.instancePath || 'the file')} ${first?.message ?? 'is wrong'}; it holds services: { name: { labels, urls } }`)
  }
  const services: Service[] = []
  const problems: Problem[] = []
  for (const [name, entry] of Object.entries(value.services)) {
    const reading = readLabels(name, prefixed(entry.labels))
    problems.push(...reading.problems)
    if (reading.service === undefined) {
      problems.push({ service: name, cause: 'its labels make it neither preprocessor nor handler', cure: 'Give it the label preprocessor (a number) or handler: enable.' })
      continue
    }
    const urls = entry.urls ?? [`http://${name}:${reading.port}`]
    const wrong = urls.find(url => !URL.canParse(url))
    if (wrong !== undefined) throw new ServicesFileError(file, `/services/${name} cannot be called at ${brief(wrong)}; give it urls such as http://127.0.0.1:5000`)
    services.push({ ...reading.service, replicas: urls.map(url => new URL(url).origin).map(origin => ({ id: origin, origin, health: 'unchecked' as const })) })
  }
  return { services, problems }
}

function prefixed (labels: ServiceEntry['labels']): Record<string, unknown> {
  const pairs: Array<[string, unknown]> = Array.isArray(labels)
    ? labels.map(line => [line.slice(0, (line + '=').indexOf('=')), line.slice(line.indexOf('=') + 1 || line.length)])
    : Object.entries(labels)
  return Object.fromEntries(pairs.map(([name, value]) => [name.includes('.') ? name : labelPrefix + name, value]))
}

/** The first line of a text, cut off where it is long: it may repeat whatever is in the file. */
function brief (text: string): string {
  const line = text.split('\n', 1)[0] ?? ''
  return line.length > 200 ? `${line.slice(0, 200)}…` : line
}
