// Exchanges in memory for tests, what is asked of them, and what they tell.
import path from 'node:path'
import type { Test } from 'tap'
import type { Camera } from '../../../lib/tracking/messages/camera.ts'
import type { Exchange, Happening, StartOrder } from '../../../lib/tracking/objects/exchange.ts'
import { openMemoryExchange } from '../../../lib/tracking/objects/memory-exchange.ts'
import type { MemoryExchangeOptions } from '../../../lib/tracking/objects/memory-exchange.ts'

/** A camera that a processor registers under a text. */
export function cameraOf (name: string): Camera {
  const text = JSON.stringify(name)
  return { key: text, text: Buffer.from(text) }
}

/** The order to track what a JSON text shows, or nothing but a box. */
export function orderOf (camera: string, image?: string): StartOrder {
  if (image === undefined) return { camera: cameraOf(camera), frameId: Buffer.from('12.0'), boxId: Buffer.from('3'), image: undefined }
  return { camera: cameraOf(camera), frameId: undefined, boxId: undefined, image: Buffer.from(image) }
}

/** Options that bound nothing, with a folder. */
export function optionsIn (folder: string, options: Partial<MemoryExchangeOptions> = {}): MemoryExchangeOptions {
  return { folder: path.join(folder, 'tracking'), expiry: 'start', maxObjects: 1_000_000, maxBytes: 2 ** 30, highestId: 0, ...options }
}

/** Opens an exchange, by default in a folder of its own, with a processor for camera `a`. Closed with its test. */
export async function open (t: Test, options: Partial<MemoryExchangeOptions> = {}): Promise<{ exchange: Exchange, told: Happening[], folder: string }> {
  const all = optionsIn(options.folder === undefined ? t.testdir() : '', options)
  const exchange = await openMemoryExchange(all)
  t.teardown(() => exchange.close())
  exchange.register(cameraOf('a'), 'first')
  const told: Happening[] = []
  exchange.onHappening(happening => told.push(happening))
  return { exchange, told, folder: all.folder }
}

/** What happened in words, with its texts: easier to compare. */
export function inWords (happening: Happening): string {
  const { kind } = happening
  if (kind === 'boxes') return `boxes ${happening.camera?.text ?? 'null'} ${happening.frameId} ${happening.boxes}`
  const number = `${happening.offset}:`
  if (kind === 'started') return `${number} started ${happening.object.id} ${happening.order.camera.text} ${happening.object.image ?? '-'}`
  if (kind === 'mapped') return `${number} mapped ${happening.objectId} ${happening.featureMap}`
  if (kind === 'stopped') return `${number} stopped ${happening.objectId} ${happening.cause}`
  return `${number} ${kind} ${happening.camera.text} ${happening.registration}`
}

/** Objects with their texts. */
export function stateOf ({ objects }: Exchange): Array<{ id: number, image: string | undefined, featureMap: string }> {
  return [...objects.values()].map(({ id, image, featureMap }) => ({ id, image: image?.toString(), featureMap: featureMap.toString() }))
}
