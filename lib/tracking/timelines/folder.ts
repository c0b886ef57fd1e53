// The folder of timelines: `tracking_logs_<objectId>.txt` for each object, as TrackTech names them, and what is on its way to be one.
import { randomBytes } from 'node:crypto'
import { opendir } from 'node:fs/promises'
import path from 'node:path'

const filePattern = /^tracking_logs_([1-9]\d{0,15})\.txt$/
const passagePattern = /^\.tracking_logs_[1-9]\d{0,15}\.[0-9a-f]{16}\.tmp$/

/** Path of the timeline of an object. */
export function fileOf (folder: string, objectId: number): string {
  return path.join(folder, `tracking_logs_${objectId}.txt`)
}

/** Path under which a timeline is written anew, never used before. */
export function passageOf (folder: string, objectId: number): string {
  return path.join(folder, `.tracking_logs_${objectId}.${randomBytes(8).toString('hex')}.tmp`)
}

/** What lies in the folder: the timeline of an object, or what was left of a writing that did not end. */
export type Found = { kind: 'timeline', objectId: number } | { kind: 'passage', place: string }

/** Goes through the folder; what is none of ours is left out. @throws what the system says where it cannot be read */
export async function * findIn (folder: string): AsyncGenerator<Found> {
  for await (const { name } of await opendir(folder)) {
    const objectId = Number(filePattern.exec(name)?.[1])
    if (Number.isSafeInteger(objectId)) yield { kind: 'timeline', objectId }
    else if (passagePattern.test(name)) yield { kind: 'passage', place: path.join(folder, name) }
  }
}
