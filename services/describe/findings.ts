// What other services have found in a picture, checked: their word is no more trusted than the page's.
import { Ajv } from 'ajv'
import { ObjectDetection } from '../../schemas/graphics/preprocessors/object-detection.ts'
import type { DetectedObject } from '../../schemas/graphics/preprocessors/object-detection.ts'
import { Ocr } from '../../schemas/graphics/preprocessors/ocr.ts'
import type { TextLine } from '../../schemas/graphics/preprocessors/ocr.ts'
import type { GraphicRequest } from '../../schemas/graphics/request.ts'

const ajv = new Ajv()
const isObjectDetection = ajv.compile<ObjectDetection>(ObjectDetection)
const isOcr = ajv.compile<Ocr>(Ocr)

/** Gives the things seen in the picture; none when object detection has not run or its data do not fit their schema. */
export function objectsOf (request: GraphicRequest): DetectedObject[] {
  const found = request.preprocessors?.['ca.mcgill.a11y.image.preprocessor.objectDetection']
  return isObjectDetection(found) ? found.objects : []
}

/** Gives the lines of text in the picture; none when text recognition has not run or its data do not fit their schema. */
export function textLinesOf (request: GraphicRequest): TextLine[] {
  const found = request.preprocessors?.['ca.mcgill.a11y.image.preprocessor.ocrClouds']
  return isOcr(found) ? found.lines : []
}
