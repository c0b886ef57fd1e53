// Cards as they come: documents in the manner of ODRL (https://www.w3.org/TR/odrl-model/), of which a few members count; and as they are given back.
import { DevicesError } from '../devices-error.ts'
import type { DataSourceCard, ModuleCard, NodeCard } from '../cards.ts'
import { isId, newId } from '../id.ts'
import { isoTime } from './time.ts'

/** Most cards of each kind, zones that one document may name, and characters of a text in one. */
export const mostCards = 10_000
const mostZones = 1000
const longest = 256

type Members = Readonly<Record<string, unknown>>

/** Reads the card of a module: the first permission counts. @throws DevicesError REQUEST */
export function readModuleCard (body: unknown, now: number): ModuleCard {
  const permission = members(list(members(body).permission)[0], 'permission with target, action and constraint')
  const risks = valuesBy(permission.constraint, 'leftOperand', 'rightOperand')
  const [risk, input, output] = ['risk-level', 'input-type', 'output-risk'].map(name => text(risks.get(name), `constraint with leftOperand ${name}`))
  return { id: newId(now), moduleid: idOf(permission.target, 'target, the id of a module'), name: text(permission.action, 'action, the name of the card'), 'risk-level': risk ?? '', 'input-type': input ?? '', 'output-risk': output ?? '', dateReceived: now }
}

/** Reads the card of a device: `unknown` for what is not said. @throws DevicesError REQUEST */
export function readNodeCard (body: unknown, now: number): NodeCard {
  const asset = members(list(members(body).asset)[0], 'asset with title, uid and relation')
  const relations = valuesBy(asset.relation ?? [], 'type', 'value')
  const said = (value: unknown, what: string) => value === undefined ? 'unknown' : text(value, what)
  return { id: newId(now), name: said(asset.title, 'title'), nodeid: asset.uid === undefined ? 'unknown' : idOf(asset.uid, 'uid, the id of a device'), zone: said(relations.get('memberOf'), 'relation memberOf'), dateReceived: now }
}

/** Reads the card of a source of data. @throws DevicesError REQUEST */
export function readDataSourceCard (body: unknown, now: number): DataSourceCard {
  const asset = members(list(members(body).asset)[0], 'asset with title and relation')
  const relations = valuesBy(asset.relation, 'type', 'value')
  return {
    id: newId(now),
    name: text(asset.title, 'title'),
    type: text(relations.get('type'), 'relation type'),
    'risk-level': text(relations.get('risk-level'), 'relation risk-level'),
    nodeid: idOf(relations.get('nodeid'), 'relation nodeid, the id of a device'),
    dateReceived: now
  }
}

/** What zones take, by their names, and all levels of a document. */
export interface ZoneLevels { readonly zones: ReadonlyMap<string, readonly string[]>, readonly levels: readonly string[] }

/** Reads which zones take which levels of risk. @throws DevicesError REQUEST, TOO_LARGE */
export function readZones (body: unknown): ZoneLevels {
  const zones = new Map<string, Set<string>>()
  const levels = new Set<string>()
  for (const each of list(members(body).permission)) {
    const permission = members(each, 'permission with target and constraint')
    const level = text(permission.target, 'target, a level of risk')
    levels.add(level)
    for (const one of list(permission.constraint)) {
      const { leftOperand, rightOperand } = members(one, 'constraint with leftOperand and rightOperand')
      if (leftOperand !== 'zone') continue
      for (const zone of Array.isArray(rightOperand) ? rightOperand : [rightOperand]) {
        const name = text(zone, 'rightOperand, a zone or several')
        zones.set(name, (zones.get(name) ?? new Set()).add(level))
        if (zones.size > mostZones) throw new DevicesError('TOO_LARGE', `The document names more than ${mostZones} zones. Send several.`)
      }
    }
  }
  if (zones.size === 0) throw wrong('permission with a zone')
  return { zones: new Map([...zones].map(([zone, levels]) => [zone, [...levels]])), levels: [...levels].toSorted() }
}

/** A card as it is given back. */
export function legacyCard ({ id, dateReceived, ...others }: ModuleCard | NodeCard | DataSourceCard): Record<string, unknown> {
  return { _id: id, ...others, dateReceived: isoTime(dateReceived) }
}

function members (value: unknown, what = 'JSON object'): Members {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(what)
  return value as Members
}

function list (value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value) || value.length > mostZones) throw wrong('list of at most 1000 entries where one is expected')
  return value
}

/** The last value of each name. */
function valuesBy (entries: unknown, name: string, value: string): Map<unknown, unknown> {
  return new Map(list(entries).map(each => {
    const entry = members(each, `list of objects with ${name} and ${value}`)
    return [entry[name], entry[value]]
  }))
}

function text (value: unknown, what: string): string {
  if (typeof value !== 'string' || value === '' || value.length > longest || /\p{Cc}/u.test(value)) throw wrong(`${what} as a text of 1 to ${longest} characters`)
  return value
}

function idOf (value: unknown, what: string): string {
  const id = text(value, what).toLowerCase()
  if (!isId(id)) throw wrong(`${what}, of 24 hexadecimal digits`)
  return id
}

function wrong (what: string): DevicesError {
  return new DevicesError('REQUEST', `The document has no ${what}.`)
}
