// Drawings of pictures, looked at as the pins that a tactile display raises.
import t from 'tap'
import fc from 'fast-check'
import type { GraphicRequest } from '../../../schemas/graphics/request.ts'
import { toBraille } from '../../../services/tactile/braille.ts'
import { drawPicture, sheetSize } from '../../../services/tactile/picture.ts'
import { attributesOf, brailleOf, pinsOf } from './pins.ts'

type Corners = [number, number, number, number]

const object = (type: string, dimensions: Corners, confidence = 0.8) => ({ ID: 0, type, dimensions, confidence })
const line = (text: string, box: Corners) => ({ text, bounding_box: box })

function request (objects: unknown, lines: unknown = [], dimensions: [number, number] = [960, 400]): GraphicRequest {
  return {
    request_uuid: '6f5b2a50-2c1c-4d3f-9d0e-0c7f8e3a9b11',
    timestamp: 1700000000,
    language: 'en',
    capabilities: [],
    renderers: [],
    dimensions,
    preprocessors: {
      'ca.mcgill.a11y.image.preprocessor.objectDetection': { objects },
      'ca.mcgill.a11y.image.preprocessor.ocrClouds': { lines }
    }
  }
}

function svgOf (...what: Parameters<typeof request>): string {
  const drawing = drawPicture(request(...what), 'en')
  if (drawing === undefined) throw new Error('nothing was drawn')
  return drawing.svg
}

t.test('the sheet has the proportions of the picture and is no larger than the display', async (t) => {
  t.same(sheetSize([960, 400]), { width: 96, height: 40 })
  t.same(sheetSize([400, 400]), { width: 40, height: 40 })
  t.same(sheetSize([300, 400]), { width: 30, height: 40 })
  t.same(sheetSize([9600, 2000]), { width: 96, height: 20 })
  t.same(sheetSize([100_000, 1]), { width: 96, height: 12 }, 'unless nothing could be felt on it')
  t.match(svgOf([object('cat', [0, 0, 1, 1])], [], [300, 400]), 'viewBox="0 0 30 40" width="75mm" height="100mm"')
})

t.test('a thing is an outline one pin wide, with rounded corners, where it is in the picture', async (t) => {
  const svg = svgOf([object('dog', [0.25, 0.25, 0.75, 0.75])])
  const pins = await pinsOf(svg)
  // Columns 24 to 71, rows 10 to 29.
  t.equal(pins.count(25, 10, 70, 10), 46, 'top')
  t.equal(pins.count(25, 29, 70, 29), 46, 'bottom')
  t.equal(pins.count(24, 11, 24, 28), 18, 'left')
  t.equal(pins.count(71, 11, 71, 28), 18, 'right')
  for (const [column, row] of [[24, 10], [71, 10], [24, 29], [71, 29]] as const) t.notOk(pins.isRaised(column, row), 'corner')
  t.equal(pins.count(25, 11, 70, 11), 0, 'nothing beside the line')
  t.equal(pins.count(0, 0, 95, 9) + pins.count(0, 30, 95, 39) + pins.count(0, 10, 23, 29) + pins.count(72, 10, 95, 29), 0, 'no frame and nothing outside')
})

t.test('its name stands in it in braille, dot by dot', async (t) => {
  const svg = svgOf([object('dog', [0.25, 0.25, 0.75, 0.75])])
  t.same(brailleOf(svg), [toBraille('dog', 'en')])
  const pins = await pinsOf(svg)
  t.equal(pins.text.split('\n').slice(12, 15).map((row) => row.slice(26, 34)).join('\n'), [
    '●●·●··●●',
    '·●··●·●●',
    '···●····'
  ].join('\n'))
})

t.test('a screen reader hears what it is and where', async (t) => {
  const svg = svgOf([object('dog', [0.6, 0.6, 0.95, 0.95], 0.35)])
  t.match(svg, 'aria-label="dog" aria-description="At the bottom right, about a tenth of the picture, not certain."')
  t.match(svg, /<title>[^<]*dog[^<]*<\/title><desc>Outlines show where things are\.<\/desc>/)
  const french = drawPicture(request([object('dog', [0.1, 0.1, 0.8, 0.9])]), 'fr')
  t.match(french?.svg, 'xml:lang="fr"')
  t.match(french?.svg, 'aria-label="chien" aria-description="Au centre, environ la moitié de l’image."')
  t.same(brailleOf(french?.svg ?? ''), [toBraille('chien', 'fr')])
  t.match(french?.summary, /^Dessin tactile\. .*chien.* Les contours montrent où sont les choses\.$/)
})

t.test('text is rows of lines, with what it says beside them', async (t) => {
  const svg = svgOf([], [line('Exit', [0.25, 0.25, 0.25, 0.15])])
  const pins = await pinsOf(svg)
  // Columns 24 to 47, rows 10 to 15.
  for (const row of [10, 12, 14]) t.equal(pins.count(24, row, 47, row), 24)
  for (const row of [11, 13]) t.equal(pins.count(24, row, 47, row), 0)
  t.same(brailleOf(svg), [toBraille('“Exit”', 'en')])
  t.match(svg, 'aria-label="text: “Exit”"')
})

t.test('the lines of a paragraph are one block', async (t) => {
  const svg = svgOf([], [line('The pool is closed', [0.1, 0.2, 0.7, 0.1]), line('until Monday.', [0.1, 0.32, 0.5, 0.1])])
  t.equal(attributesOf(svg, 'aria-label').filter((label) => label.startsWith('text')).length, 1)
  t.match(svg, 'aria-label="text: “The pool is closed until Monday.”"')
})

t.test('a small thing is a solid dot', async (t) => {
  const pins = await pinsOf(svgOf([object('mouse', [0.5, 0.5, 0.52, 0.53])]))
  t.ok(pins.isRaised(48, 20))
  t.equal(pins.count(46, 17, 51, 22), 9, pins.text)
})

t.test('a thin thing is widened until it can be felt', async (t) => {
  const pins = await pinsOf(svgOf([object('snowboard', [0.5, 0.1, 0.505, 0.9])]))
  const columns = Array.from({ length: 96 }, (_, column) => column).filter((column) => pins.count(column, 10, column, 28) === 19)
  t.equal(columns.length, 2)
  t.equal((columns[1] ?? 0) - (columns[0] ?? 0), 4)
})

t.test('what is in front is whole, what is behind is broken around it', async (t) => {
  const svg = svgOf([object('bus', [0, 0.25, 0.7, 1]), object('person', [0.6, 0.1, 0.8, 0.9])])
  const pins = await pinsOf(svg)
  // The person: columns 57 to 76, rows 4 to 35. The bus: columns 0 to 67, rows 10 to 39.
  t.equal(pins.count(57, 5, 57, 34), 30, 'the person is whole')
  t.equal(pins.count(1, 10, 55, 10), 55, 'the bus reaches up to the person')
  t.equal(pins.count(56, 10, 56, 10), 0, 'but does not touch')
  t.equal(pins.count(67, 11, 67, 33), 0, 'and is not felt through the person')
})

t.test('no two parts come closer than one lowered pin', async () => {
  const boxes = fc.tuple(fc.double({ min: 0, max: 0.9, noNaN: true }), fc.double({ min: 0, max: 0.9, noNaN: true }), fc.double({ min: 0.02, max: 0.6, noNaN: true }), fc.double({ min: 0.02, max: 0.6, noNaN: true }))
  await fc.assert(fc.asyncProperty(fc.array(boxes, { minLength: 1, maxLength: 6 }), async (some) => {
    const svg = svgOf(some.map(([left, top, width, height], index) => object(['cat', 'dog', 'bus', 'cup', 'person', 'chair'][index] ?? 'book', [left, top, Math.min(1, left + width), Math.min(1, top + height)])))
    const head = svg.slice(0, svg.indexOf('<title>'))
    const parts = [...svg.matchAll(/<(?:path|circle) role[^>]*\/>|<g [^>]*data-braille.*?<\/g>/g)].map(([part]) => part)
    const owners = await Promise.all(parts.map(async (part) => await pinsOf(`${head}${part}</svg>`)))
    for (const [index, one] of owners.entries()) {
      for (const other of owners.slice(index + 1)) {
        for (let row = 0; row < one.rows; row++) {
          for (let column = 0; column < one.columns; column++) {
            if (one.isRaised(column, row) && other.count(Math.max(0, column - 1), Math.max(0, row - 1), column + 1, row + 1) > 0) return false
          }
        }
      }
    }
    return true
  }), { numRuns: 12 })
})

t.test('the same thing found twice is drawn once', async (t) => {
  const svg = svgOf([object('cat', [0.1, 0.1, 0.5, 0.9], 0.9), object('cat', [0.12, 0.1, 0.52, 0.9]), object('dog', [0.1, 0.11, 0.5, 0.9], 0.4)])
  t.same(attributesOf(svg, 'aria-label').slice(1), ['cat'])
})

t.test('of very many things the largest are drawn, and the others told', async (t) => {
  const crowd = Array.from({ length: 30 }, (_, index) => object('person', [(index % 10) / 10, Math.floor(index / 10) / 3, (index % 10) / 10 + 0.06, Math.floor(index / 10) / 3 + 0.2]))
  const svg = svgOf([...crowd, object('bus', [0.95, 0.9, 1, 1])])
  t.equal(attributesOf(svg, 'aria-label').slice(1).length, 12)
  t.match(svg, /Not drawn, for lack of room: [^<]*people/)
})

t.test('a name without room becomes a letter, the same for the same name', async (t) => {
  const row = Array.from({ length: 5 }, (_, index) => object('refrigerator', [index / 5 + 0.02, 0.1, index / 5 + 0.16, 0.9]))
  const svg = svgOf(row, [], [600, 400])
  t.same(new Set(brailleOf(svg)), new Set([toBraille('r', 'en')]))
  t.match(svg, 'r: refrigerator.')
})

t.test('nothing found is nothing drawn', async (t) => {
  t.equal(drawPicture(request([]), 'en'), undefined)
  t.equal(drawPicture(request([object('cat', [0.5, 0.5, 0.5, 0.5])]), 'en'), undefined)
  t.equal(drawPicture({ ...request([]), preprocessors: undefined }, 'en'), undefined)
  t.equal(drawPicture(request('what is this'), 'en'), undefined, 'and so are data that do not fit their schema')
})

t.test('words of strangers stay words', async (t) => {
  const hostile = '"><script>alert(1)</script>&amp;\u0000\u001b\ud800]]>\'漢'
  const svg = svgOf([object(hostile, [0.1, 0.1, 0.5, 0.9])], [line(hostile, [0.6, 0.6, 0.3, 0.2])])
  t.notMatch(svg, '<script')
  await t.resolves(pinsOf(svg), 'the drawing is valid XML')
})

t.test('any data give a drawing in time or none, and a summary that is not too long', async () => {
  const unit = fc.double({ min: 0, max: 1, noNaN: true })
  const box = fc.tuple(unit, unit, unit, unit)
  fc.assert(fc.property(
    fc.array(fc.tuple(fc.string({ unit: 'binary', maxLength: 400 }), box, unit), { maxLength: 40 }),
    fc.array(fc.tuple(fc.string({ unit: 'binary', maxLength: 400 }), box), { maxLength: 40 }),
    fc.tuple(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 1, max: 5000 })),
    fc.constantFrom('en' as const, 'fr' as const),
    (objects, lines, dimensions, language) => {
      const drawing = drawPicture(request(objects.map(([type, corners, confidence]) => object(type, corners, confidence)), lines.map(([text, corners]) => line(text, corners)), dimensions), language)
      return drawing === undefined || (drawing.summary.length <= 300 && drawing.svg.length < 100_000)
    }
  ), { numRuns: 60 })
})
