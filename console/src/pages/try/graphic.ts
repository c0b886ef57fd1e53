// What somebody wants to know about: a picture, a chart or a place, read from a file or from text.
import { toChartData } from '../../lib/highcharts.ts'

/** A picture, as a data URL. `wasWider` is its width before it was made smaller. */
export interface Picture { readonly kind: 'picture', readonly name: string, readonly address: string, readonly width: number, readonly height: number, readonly bytes: number, readonly wasWider?: number }

/** A chart, with its title. */
export interface Chart { readonly kind: 'chart', readonly name: string, readonly data: Readonly<Record<string, unknown>> }

/** A place: where it is, in degrees, or what a map calls it. */
export type Place = { readonly kind: 'place', readonly name: string } & ({ readonly latitude: number, readonly longitude: number } | { readonly placeID: string })

/** What is sent to be looked at. */
export type Graphic = Picture | Chart | Place

/** Why something cannot be used. */
export type Fault = 'empty' | 'not-json' | 'no-chart' | 'not-a-place' | 'not-a-picture' | 'too-large' | 'no-place'

/** Something that cannot be used. */
export class FaultyGraphic extends Error {
  readonly fault: Fault
  /** More about it, in English. */
  readonly more: string

  constructor (fault: Fault, more = '') {
    super(fault)
    this.fault = fault
    this.more = more
  }
}

/** Largest file that is read, in bytes. */
const largestFile = 50_000_000

/** Types of pictures that every service can read; others are drawn anew. */
const usualTypes = ['image/jpeg', 'image/png']

/** Most pixels on the longer side of a picture: more than services look at. */
const longestSide = 2400

/** Reads a text: JSON of a chart, or latitude and longitude. @throws FaultyGraphic */
export function readText (text: string): Chart | Place {
  const trimmed = text.trim()
  if (trimmed === '') throw new FaultyGraphic('empty')
  const [, latitude, longitude] = /^([-+]?\d+(?:\.\d+)?)[\s,;]+([-+]?\d+(?:\.\d+)?)$/.exec(trimmed) ?? []
  if (latitude !== undefined && longitude !== undefined) return readPlace(Number(latitude), Number(longitude))
  let content: unknown
  try {
    content = JSON.parse(trimmed)
  } catch (error) {
    throw new FaultyGraphic('not-json', (error as Error).message)
  }
  try {
    const data = toChartData(content)
    return { kind: 'chart', name: typeof data.title === 'string' ? data.title : '', data }
  } catch {
    throw new FaultyGraphic('no-chart')
  }
}

function readPlace (latitude: number, longitude: number): Place {
  if (Math.abs(latitude) > 90 || Math.abs(longitude) > 180) throw new FaultyGraphic('not-a-place')
  return { kind: 'place', name: `${latitude}, ${longitude}`, latitude, longitude }
}

/** Reads what a map calls a place. @throws FaultyGraphic where it says nothing */
export function readPlaceId (text: string): Place {
  const placeID = text.trim()
  if (placeID === '') throw new FaultyGraphic('no-place')
  return { kind: 'place', name: placeID, placeID }
}

/** Reads a file: a picture, or the JSON of a chart. @throws FaultyGraphic */
export async function readFile (file: Blob & { readonly name?: string }): Promise<Graphic> {
  if (file.size > largestFile) throw new FaultyGraphic('too-large')
  if (file.type === 'application/json' || file.type.startsWith('text/') || file.name?.endsWith('.json') === true) return readText(await file.text())
  const address = await addressOf(file)
  const image = await load(address)
  const picture: Picture = { kind: 'picture', name: file.name ?? '', address, width: image.naturalWidth, height: image.naturalHeight, bytes: file.size }
  return usualTypes.includes(file.type) && Math.max(picture.width, picture.height) <= longestSide ? picture : scaled(picture, longestSide)
}

/** A picture whose longer side has at most so many pixels, as JPEG. */
export async function scaled (picture: Picture, longest: number): Promise<Picture> {
  const image = await load(picture.address)
  const scale = Math.min(1, longest / Math.max(picture.width, picture.height, 1))
  const canvas = document.createElement('canvas')
  canvas.width = Math.max(1, Math.round((picture.width || longest) * scale))
  canvas.height = Math.max(1, Math.round((picture.height || longest) * scale))
  const context = canvas.getContext('2d')
  if (context === null) throw new FaultyGraphic('not-a-picture')
  // What is transparent would become black.
  context.fillStyle = 'white'
  context.fillRect(0, 0, canvas.width, canvas.height)
  context.drawImage(image, 0, 0, canvas.width, canvas.height)
  const address = canvas.toDataURL('image/jpeg', 0.85)
  return { ...picture, ...canvas.width < picture.width ? { wasWider: picture.wasWider ?? picture.width } : {}, address, width: canvas.width, height: canvas.height, bytes: Math.round((address.length - address.indexOf(',')) * 3 / 4) }
}

async function addressOf (file: Blob): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const reader = new FileReader()
  reader.onload = () => resolve(String(reader.result))
  reader.onerror = () => reject(new FaultyGraphic('not-a-picture'))
  reader.readAsDataURL(file)
  return await promise
}

async function load (address: string): Promise<HTMLImageElement> {
  const image = new Image()
  image.src = address
  try {
    await image.decode()
  } catch {
    throw new FaultyGraphic('not-a-picture')
  }
  return image
}

/** The members of a request that carry a graphic. */
export function membersOf (graphic: Graphic): Record<string, unknown> {
  if (graphic.kind === 'chart') return { highChartsData: graphic.data }
  if (graphic.kind === 'place') return { ...'placeID' in graphic ? { placeID: graphic.placeID } : { coordinates: { latitude: graphic.latitude, longitude: graphic.longitude } }, context: '' }
  return { graphic: graphic.address, dimensions: [graphic.width, graphic.height], context: '' }
}

/** Points of a chart as rows of a table: series, place and value. */
export function pointsOf ({ data }: Chart): Array<{ series: string, x: string, y: number | null }> {
  const series = Array.isArray(data.series) ? data.series as Array<Record<string, unknown>> : []
  return series.flatMap(each => (Array.isArray(each.data) ? each.data as Array<Record<string, unknown>> : []).map(point => ({
    series: String(each.name ?? ''), x: String(point.name ?? point.x ?? ''), y: typeof point.y === 'number' ? point.y : null
  })))
}
