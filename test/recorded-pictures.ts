// What a running LS-CAT image server was asked for and answered, in test/fixtures/diffraction, for the tests that compare pictures with its.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { brotliDecompressSync } from 'node:zlib'
import sharp from 'sharp'
import type { Drawing } from '../lib/diffraction/view.ts'

/** One request and what came of it. */
export interface RecordedPicture {
  name: string
  request: { fn: string, frame: number, xsize: number, zoom: number, segcol: number, segrow: number, contrast: number, wval: number, label?: string, labelHeight?: number }
  job: { wval_used?: number, bval_used?: number }
  /** Null for a picture without a frame. */
  meta: Record<string, unknown> & { beam_center_x: number, beam_center_y: number, spots: number, first_frame: number, last_frame: number } | null
  size: [width: number, height: number]
  /** Of the decoded pixels, red, green and blue. */
  rgb_sha256: string
}

const folder = new URL('fixtures/diffraction/', import.meta.url)

/** All that is recorded. */
export function recordedPictures (): RecordedPicture[] {
  return JSON.parse(readFileSync(new URL('golden.json', folder), 'utf8')) as RecordedPicture[]
}

/** One of them. */
export function recordedPicture (name: string): RecordedPicture {
  const found = recordedPictures().find(each => each.name === name)
  if (found === undefined) throw new Error(`No picture ${name} is recorded.`)
  return found
}

/**
 * Counts of a fixture. `mccd-window.br` are the 768 × 768 pixels from (768, 1536) on of test.mccd, `eiger-reduced.br` the 300 × 300 maxima of frame 2 of eig9_master.h5;
 * test/engines/diffraction-recorded.test.ts checks both. They are compressed by Brotli, the lowest bytes of all counts first, then the next ones.
 */
export function recordedCounts (name: string, bytes: 2 | 4): Uint32Array {
  const planes = brotliDecompressSync(readFileSync(new URL(name, folder)))
  const length = planes.length / bytes
  return Uint32Array.from({ length }, (_, at) => Array.from({ length: bytes }, (_, plane) => planes[plane * length + at]! * 2 ** (8 * plane)).reduce((sum, each) => sum + each))
}

/** How a recorded request wants its picture drawn. */
export function recordedDrawing ({ contrast, wval, label, labelHeight }: RecordedPicture['request']): Drawing {
  return {
    ...(contrast > 0 && { black: contrast }),
    ...(wval >= 0 && { white: wval }),
    ...(label !== undefined && labelHeight !== undefined && { label: { text: label, height: labelHeight } }),
    scale: 'linear',
    invert: false,
    palette: 'grey',
    overloadColour: [255, 0, 0],
    format: 'jpeg',
    quality: 100,
    chroma: '4:2:0'
  }
}

/** Size and SHA-256 of the pixels of a picture, as viewers see them. */
export async function decodedPicture (bytes: Uint8Array): Promise<{ size: [width: number, height: number], rgb_sha256: string }> {
  const { data, info } = await sharp(bytes).toColourspace('srgb').removeAlpha().raw().toBuffer({ resolveWithObject: true })
  return { size: [info.width, info.height], rgb_sha256: createHash('sha256').update(data).digest('hex') }
}
