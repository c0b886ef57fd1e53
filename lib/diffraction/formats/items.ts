// Items of metadata, made of what headers say. What a header leaves out, or says wrongly, has no item.
import type { Metadata, MetadataItem } from '../metadata.ts'
import type { CountType, FrameSize } from './counts.ts'

/** An item, or nothing. */
type Item = MetadataItem | undefined

/** Energy of a photon in electronvolt times its wavelength in ångström, as the LS-CAT image server has it. */
const energyTimesWavelength = 12398.4193

/** A count. Undefined where it is none. */
export function integer (value: number | undefined, unit?: string): Item {
  return value === undefined || !Number.isSafeInteger(value) ? undefined : { kind: 'integer', value, ...(unit !== undefined && { unit }) }
}

/** A measured value. Undefined where it is none. */
export function real (value: number | undefined, unit?: string): Item {
  return value === undefined || !Number.isFinite(value) ? undefined : { kind: 'real', value, ...(unit !== undefined && { unit }) }
}

/** A measured value that is nothing unless it is above zero, such as a distance or a wavelength. */
export function positive (value: number | undefined, unit?: string): Item {
  return value !== undefined && value > 0 ? real(value, unit) : undefined
}

/** A text. Undefined where it is empty. */
export function text (value: string | undefined): Item {
  const trimmed = value?.trim() ?? ''
  return trimmed === '' ? undefined : { kind: 'string', value: trimmed }
}

/** The number that a text begins with; undefined where it begins with none. */
export function numberIn (value: string | undefined): number | undefined {
  const [found] = /^\s*[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?/i.exec(value?.slice(0, 100) ?? '') ?? []
  return found === undefined ? undefined : Number(found)
}

/** A wavelength in ångström, and the energy that goes with it: reckoned in this order it is that of the LS-CAT image server to the last digit. */
export function beamItems (wavelength: number | undefined): Record<'wavelength' | 'photon_energy', Item> {
  return { wavelength: positive(wavelength, 'Ao'), photon_energy: positive(1 / (wavelength ?? NaN) * energyTimesWavelength, 'eV') }
}

/** What is known of the only frame of a file by its pixels alone. */
export function frameItems ({ width, height }: FrameSize, { bytes }: CountType): Record<string, Item> {
  return {
    x_pixels_in_detector: integer(width, 'px'),
    y_pixels_in_detector: integer(height, 'px'),
    image_depth: integer(bytes),
    first_frame: integer(1),
    last_frame: integer(1)
  }
}

/** Metadata of the items that there are. */
export function metadataOf (items: Readonly<Record<string, Item>>): Metadata {
  const metadata: Record<string, MetadataItem> = Object.create(null) as Record<string, MetadataItem>
  for (const [name, item] of Object.entries(items)) if (item !== undefined) metadata[name] = item
  return metadata
}
