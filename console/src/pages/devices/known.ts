// What the pages of devices ask the server for.
import type { paths } from '../../api/schema.d.ts'
import { api, ask } from '../../lib/api.ts'

/** A device. */
export type Device = paths['/api/v1/devices/{id}']['get']['responses']['200']['content']['application/json']

/** How often lists are loaded anew, in milliseconds. */
export const pace = 3000

/** Most entries of a list. */
const most = 1000

/** All devices, as many as fit into one answer. */
export async function listDevices (signal: AbortSignal): Promise<readonly Device[]> {
  const { items } = await ask(api.GET('/api/v1/devices', { params: { query: { limit: most, order: 'oldest' } }, signal }))
  return items
}

/** Reads labels of lines such as `zone=hall`. @returns the labels, or the first line that is none */
export function readLabels (text: string): { labels: Record<string, string> } | { wrong: string } {
  const labels: Record<string, string> = {}
  for (const line of text.split('\n').map(each => each.trim()).filter(each => each !== '')) {
    const [, name, value] = /^([A-Za-z0-9_.-]{1,63})\s*=\s*(.{0,256})$/.exec(line) ?? []
    if (name === undefined || value === undefined) return { wrong: line }
    labels[name] = value
  }
  return { labels }
}
