// What a server knows of the state in Redis, and what lies between two such states.
import type { Numbered } from '../objects/history.ts'
import { emptyMap } from '../objects/kept-objects.ts'
import type { Registered, Told } from './entries.ts'
import { readObject } from './entries.ts'
import type { TrackedObject } from '../objects/tracked-object.ts'

/** Objects and processors as of some moment. */
export interface State {
  readonly objects: Map<number, TrackedObject>
  /** What is kept of each object's order. */
  readonly orders: Map<number, Buffer>
  readonly processors: Map<string, Registered>
}

/** A state with nothing in it. */
export function emptyState (): State {
  return { objects: new Map(), orders: new Map(), processors: new Map() }
}

/** Changes a state by what has happened. It may know of that already. */
export function alter ({ objects, orders, processors }: State, { happening, order, since = 0 }: Told): void {
  switch (happening.kind) {
    case 'started':
      objects.set(happening.object.id, happening.object)
      if (order !== undefined) orders.set(happening.object.id, order)
      return
    case 'mapped': {
      const object = objects.get(happening.objectId)
      if (object !== undefined) objects.set(object.id, { ...object, featureMap: happening.featureMap })
      return
    }
    case 'stopped':
      objects.delete(happening.objectId)
      orders.delete(happening.objectId)
      return
    case 'online': {
      const { camera, registration } = happening
      // The newest is the last.
      processors.delete(camera.key)
      processors.set(camera.key, { camera, registration, since })
      return
    }
    case 'offline':
      if (processors.get(happening.camera.key)?.registration === happening.registration) processors.delete(happening.camera.key)
  }
}

/** What must have happened between two states, in an order in which it can have. Offsets are those given: of the last, and of the others. */
export function differences (before: State, after: State, others: number, last: number): Numbered[] {
  const happenings: Numbered[] = []
  const offset = others
  for (const { camera, registration } of before.processors.values()) {
    if (!after.processors.has(camera.key)) happenings.push({ kind: 'offline', offset, camera, registration })
  }
  for (const { camera, registration } of after.processors.values()) {
    if (before.processors.get(camera.key)?.registration !== registration) happenings.push({ kind: 'online', offset, camera, registration })
  }
  for (const object of before.objects.values()) {
    if (!isSame(object, after.objects.get(object.id))) happenings.push({ kind: 'stopped', offset, objectId: object.id, cause: 'client' })
  }
  for (const object of after.objects.values()) {
    const known = before.objects.get(object.id)
    const order = after.orders.get(object.id)
    if (known !== undefined && isSame(known, object)) {
      if (!known.featureMap.equals(object.featureMap)) happenings.push({ kind: 'mapped', offset, objectId: object.id, featureMap: object.featureMap })
    } else if (order !== undefined) happenings.push({ kind: 'started', offset, object, order: readObject(object.id, order, object.image).order })
  }
  const end = happenings.at(-1)
  if (end !== undefined) end.offset = last
  return happenings
}

/** Whether these are one object: where numbers were lost they may have been given twice. */
function isSame (one: TrackedObject, other: TrackedObject | undefined): boolean {
  return one.id === other?.id && one.startedAt === other.startedAt
}

/** The feature map of an object as it is kept: nothing where there is none. */
export function keptMap ({ featureMap }: TrackedObject): Buffer {
  return featureMap.equals(emptyMap) ? nothing : featureMap
}

const nothing = Buffer.alloc(0)
