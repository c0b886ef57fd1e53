// Reads the labels of a container (or of an entry in a services file) into a Service. A label that makes no sense
// never costs more than itself: it gets its default and is reported with the cure.
import type { Problem, Service } from './topology.ts'

/** Prefix that the labels of an IMAGE service carry. */
export const labelPrefix = 'ca.mcgill.a11y.image.'

/** Prefix of the labels that only Tutti knows; all are optional. */
export const ownPrefix = 'tutti.'

/** Port of a service that names none. */
export const defaultPort = 80

/** A route list as the reference accepts it, but for spaces around the commas, which are forgiven. */
const routeList = /^\w+(?:\s*,\s*\w+)*$/

/** Longest label that is read; a longer one is treated as a mistake. */
const longestLabel = 4096

/** Bounds of what labels may ask for. */
const most = { timeout: 3_600_000, concurrency: 100_000, retries: 5 }

/** How often a call is tried again where no label says otherwise. */
const defaultRetries = 1

/** What the labels of one service say. */
export interface LabelReading {
  /** The service without its replicas, or undefined where the labels make it neither preprocessor nor handler. */
  service: Omit<Service, 'replicas'> | undefined
  /** Port that it listens on. */
  port: number
  /** Name of the network on which it wants to be called, where it is in several. */
  network: string | undefined
  /** Labels that were corrected, with the cure. */
  problems: Problem[]
}

/**
 * Reads labels.
 * @param name - name of the service
 * @param labels - label names and values; null where there are none
 */
export function readLabels (name: string, labels: Readonly<Record<string, unknown>> | null): LabelReading {
  const problems: Problem[] = []
  const report = (label: string, cause: string, cure: string) => {
    problems.push({ service: name, cause: `label ${fullName(label)} ${cause}`, cure })
  }
  const read = (label: string): string => {
    const value = labels !== null && Object.hasOwn(labels, fullName(label)) ? labels[fullName(label)] : ''
    if (typeof value === 'object' && value !== null) {
      report(label, 'is no text and is ignored', 'Write one value.')
      return ''
    }
    const text = String(value ?? '')
    if (text.length <= longestLabel) return text
    report(label, `is longer than ${longestLabel} characters and is ignored`, 'Shorten it.')
    return ''
  }

  const preprocessor = read('preprocessor')
  const handler = read('handler')
  const port = readPort(read('port'), report)
  const network = read('tutti.network').trim() || undefined
  const handles = handler === 'enable'
  if (!handles && handler !== '') report('handler', `is ${JSON.stringify(handler)}, which switches nothing on`, 'Write enable.')
  if (preprocessor === '' && !handles) return { service: undefined, port, network, problems }

  return {
    service: {
      name,
      priority: preprocessor === '' ? undefined : readPriority(preprocessor, report),
      handles,
      modifiesRequest: readSwitch(read('modifyRequest'), report),
      routes: readRoutes(read('route'), report),
      required: readNames(read('required_dependencies')),
      optional: readNames(read('optional_dependencies')),
      cacheSeconds: readSeconds(read('cacheTimeout'), report),
      variesByLanguage: readVariations(read('tutti.cache.vary'), report),
      timeout: readCount('tutti.timeout', read('tutti.timeout'), { least: 1, most: most.timeout, unit: ' of milliseconds' }, report),
      concurrency: readCount('tutti.concurrency', read('tutti.concurrency'), { least: 1, most: most.concurrency, unit: '' }, report),
      retries: readCount('tutti.retries', read('tutti.retries'), { least: 0, most: most.retries, unit: '' }, report) ?? defaultRetries
    },
    port,
    network,
    problems
  }
}

/** The whole name of a label. */
function fullName (label: string): string {
  return label.startsWith(ownPrefix) ? label : labelPrefix + label
}

type Report = (label: string, cause: string, cure: string) => void

function readPort (text: string, report: Report): number {
  if (text === '') return defaultPort
  const port = Number.parseInt(text, 10)
  const usable = port >= 1 && port <= 65535
  if (String(port) !== text.trim() || !usable) {
    report('port', `is ${JSON.stringify(text)}; ${usable ? port : defaultPort} is used`, 'Write a whole number from 1 to 65535.')
  }
  return usable ? port : defaultPort
}

function readPriority (text: string, report: Report): number {
  const priority = Number(text)
  if (!Number.isNaN(priority)) return priority
  report('preprocessor', `is ${JSON.stringify(text)}, which is no number; the service runs after all numbered groups`, 'Write the number of its priority group.')
  return Number.POSITIVE_INFINITY
}

function readSwitch (text: string, report: Report): boolean {
  const word = text.trim().toLowerCase()
  if (['', 'false', 'off', 'no', '0'].includes(word)) return false
  if (!['true', 'on', 'yes', '1'].includes(word)) report('modifyRequest', `is ${JSON.stringify(text)} and is taken as true`, 'Write true or false.')
  return true
}

function readRoutes (text: string, report: Report): string[] {
  if (text === '') return ['default']
  if (!routeList.test(text.trim())) {
    report('route', `is ${JSON.stringify(text)}, which is no list of routes; default is used`, 'Write names of letters, digits and _ separated by commas.')
    return ['default']
  }
  return text.split(',').map(route => route.trim())
}

function readNames (text: string): string[] {
  return [...new Set(text.split(',').map(name => name.trim()).filter(name => name !== ''))]
}

function readSeconds (text: string, report: Report): number {
  const seconds = Number(text)
  if (seconds >= 0 && Number.isFinite(seconds)) return seconds
  report('cacheTimeout', `is ${JSON.stringify(text)}; nothing is cached`, 'Write a number of seconds.')
  return 0
}

function readCount (label: string, text: string, { least, most, unit }: { least: number, most: number, unit: string }, report: Report): number | undefined {
  if (text.trim() === '') return undefined
  const count = Number(text)
  if (Number.isInteger(count) && count >= least && count <= most) return count
  report(label, `is ${JSON.stringify(text)} and is ignored`, `Write a whole number${unit} from ${least} to ${most}.`)
  return undefined
}

function readVariations (text: string, report: Report): boolean {
  const words = readNames(text)
  const unknown = words.find(word => word !== 'language')
  if (unknown !== undefined) report('tutti.cache.vary', `has the word ${JSON.stringify(unknown)}, which is ignored`, 'Write language.')
  return words.includes('language')
}
