// The object-detection preprocessor: finds people, animals, vehicles and everyday things in a photograph, on this machine alone.
import { Type } from '@sinclair/typebox'
import { ObjectDetection } from '../../schemas/graphics/preprocessors/object-detection.ts'
import { preprocessor, readEnvironment, serve } from '../kit/index.ts'
import { readDetections } from './detections.ts'
import { loadDetector } from './model.ts'
import { letterbox } from './picture.ts'

/** The variables that this service reads, besides those of every service. */
export const ObjectDetectionEnvironment = Type.Object({
  CONF_THRESHOLD: Type.Number({
    description: 'Least confidence of an object to be reported, from 0 to 1. At 0.3, the bound of the model\'s makers, it finds most people of a crowd; pictures that are no photographs yield a false object now and then, which 0.5 avoids.',
    minimum: 0,
    maximum: 1,
    default: 0.3
  })
})

/** Most objects in one answer. */
const mostObjects = 50

/** The service: answers requests with a raster graphic, with an empty list where it recognises nothing; not applicable to all others. */
export const objectDetection = preprocessor({
  service: 'object-detection',
  name: 'ca.mcgill.a11y.image.preprocessor.objectDetection',
  data: ObjectDetection,
  // A look holds the event loop, so that a second one at a time would gain nothing.
  concurrency: 1,
  warmUp: async () => ({ detector: await loadDetector(), threshold: readEnvironment(ObjectDetectionEnvironment).CONF_THRESHOLD }),
  coolDown: async ({ detector }) => detector.close(),
  run: async (request, { warm: { detector, threshold }, signal }) => {
    const picture = await letterbox(request.graphic)
    if (picture === undefined) return undefined
    signal.throwIfAborted()
    return { objects: readDetections(await detector.detect(picture.pixels), picture, { threshold, limit: mostObjects }) }
  }
})

if (import.meta.main) await serve(objectDetection)
