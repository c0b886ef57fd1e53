// Looks into a storage folder as a script beside the server would.
import { readdirSync, readFileSync, utimesSync } from 'node:fs'
import path from 'node:path'

/** An identity of version 4 with a number in it. */
export function numbered (number: number): string {
  return `6f1d2a3b-4c5d-4e6f-8a7b-${number.toString(16).padStart(12, '0')}`
}

/** Every file below a folder, by its path from there, with its text. */
export function filesIn (folder: string): Record<string, string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile())
  const places = entries.map(entry => path.join(entry.parentPath, entry.name)).toSorted()
  return Object.fromEntries(places.map(place => [path.relative(folder, place), readFileSync(place, 'utf8')]))
}

/** Makes a file or folder look as if it had last changed so many seconds before a moment given in milliseconds since 1970. */
export function age (place: string, seconds: number, moment: number): void {
  const time = moment / 1000 - seconds
  utimesSync(place, time, time)
}
