import { pinsOf } from '../../test/services/tactile/pins.ts'
import { drawPicture } from './picture.ts'
const o = (type: string, d: [number, number, number, number], confidence = 0.8) => ({ ID: 0, type, dimensions: d, confidence })
const d = drawPicture({ request_uuid: '', timestamp: 0, capabilities: [], renderers: [], language: 'en', dimensions: [960, 400], preprocessors: { 'ca.mcgill.a11y.image.preprocessor.objectDetection': { objects: [o('dog', [0.25, 0.25, 0.75, 0.75])] } } } as never, 'en')
console.log(d?.svg.slice(0, 900)); const p = await pinsOf(d!.svg); console.log(p.columns, p.rows); console.log(p.text)
