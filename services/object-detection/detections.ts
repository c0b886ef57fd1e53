// From the numbers that the model puts out to a list of objects: which to believe, which are the same thing seen twice, and where they are.
import type { DetectedObject } from '../../schemas/graphics/preprocessors/object-detection.ts'
import { cocoLabels } from './labels.ts'
import type { Letterbox } from './picture.ts'

/** Numbers that the model gives for each candidate: left, top, right, bottom in pixels of the square, score, class number. */
export const valuesPerCandidate = 6

/** How to choose among the candidates. */
export interface Choice {
  /** Least score to be believed, 0 to 1. */
  threshold: number
  /** Most objects given. */
  limit: number
}

interface Candidate {
  type: string
  confidence: number
  box: [number, number, number, number]
}

/** Two boxes of one class that share more than this part of their union are one object; 0.5 is the usual bound of COCO. */
const sameObject = 0.5

/** Two boxes of different classes that share more than this part are one object too, of which the model is not sure what it is (a cup or a bowl, a cat or a dog). */
const sameSpot = 0.75

/** Objects thinner than this part of the picture are noise. */
const thinnest = 1e-3

const clamp = (value: number) => Math.min(1, Math.max(0, value))

function area ([left, top, right, bottom]: Candidate['box']): number {
  return (right - left) * (bottom - top)
}

/** Gives the part of their union that two boxes share, 0 to 1 (intersection over union). */
export function overlap (a: [number, number, number, number], b: [number, number, number, number]): number {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0])
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1])
  if (width <= 0 || height <= 0) return 0
  const shared = width * height
  return shared / (area(a) + area(b) - shared)
}

function * candidates (values: ArrayLike<number>, { left, top, width, height }: Letterbox): Generator<Candidate> {
  for (let at = 0; at + valuesPerCandidate <= values.length; at += valuesPerCandidate) {
    const [x1 = NaN, y1 = NaN, x2 = NaN, y2 = NaN, confidence = NaN, label = NaN] = Array.from({ length: valuesPerCandidate }, (_, offset) => values[at + offset])
    const type = cocoLabels[Math.round(label)]
    const box: Candidate['box'] = [clamp((x1 - left) / width), clamp((y1 - top) / height), clamp((x2 - left) / width), clamp((y2 - top) / height)]
    // Comparisons with NaN are false, so a broken output gives no object.
    if (type !== undefined && box[2] - box[0] > thinnest && box[3] - box[1] > thinnest) yield { type, confidence: clamp(confidence), box }
  }
}

const round = (value: number) => Math.round(value * 1e4) / 1e4

/**
 * Reads the model's output for one picture: `values` holds six numbers for each candidate (`valuesPerCandidate`). Gives the objects whose confidence
 * reaches the threshold, the surest first, with IDs from 0, positions as fractions of the picture (four decimals), the same thing only once
 * (non-maximum suppression: greedily from the surest, within a class and, where boxes are almost equal, between classes).
 */
export function readDetections (values: ArrayLike<number>, picture: Letterbox, { threshold, limit }: Choice): DetectedObject[] {
  const believed = [...candidates(values, picture)]
    .filter(({ confidence }) => confidence >= threshold)
    .sort((a, b) => b.confidence - a.confidence)
  const kept: Candidate[] = []
  for (const candidate of believed) {
    if (kept.length === limit) break
    const seen = kept.some(({ type, box }) => overlap(box, candidate.box) > (type === candidate.type ? sameObject : sameSpot))
    if (!seen) kept.push(candidate)
  }
  return kept.map(({ type, confidence, box }, ID) => ({
    ID,
    type,
    dimensions: [round(box[0]), round(box[1]), round(box[2]), round(box[3])],
    area: round(area(box)),
    centroid: [round((box[0] + box[2]) / 2), round((box[1] + box[3]) / 2)],
    confidence: round(confidence)
  }))
}
