// Shades and colours of counts.
import t from 'tap'
import fc from 'fast-check'
import { levelsOf } from '../../../../lib/diffraction/pixels/levels.ts'
import { paint } from '../../../../lib/diffraction/pixels/painting.ts'
import { coloursOf } from '../../../../lib/diffraction/pixels/palettes.ts'
import { reduce } from '../../../../lib/diffraction/pixels/reduction.ts'
import type { Drawing, Palette } from '../../../../lib/diffraction/view.ts'
import { anyFrame, frameOf } from './frames.ts'
import { plainLevels, plainPainting, plainReduction, plainStatistics } from './restatement.ts'

const legacy: Drawing = { scale: 'linear', invert: false, palette: 'grey', overloadColour: [255, 0, 0], format: 'jpeg', quality: 100, chroma: '4:2:0' }

const row = (counts: number[], drawing: Partial<Drawing>, masked?: number[]) => {
  const reduced = reduce(frameOf(counts.length, counts, 32, masked), { part: 'whole', width: counts.length, height: 1, mode: 'max', frames: 1 })
  const full = { ...legacy, ...drawing }
  return paint(reduced, full, levelsOf(reduced, full))
}

t.test('a picture is that of the LS-CAT image server, for any frame and contrast', async t => {
  fc.assert(fc.property(anyFrame, fc.integer({ min: 1, max: 24 }), fc.integer({ min: -5, max: 70000 }), fc.integer({ min: -5, max: 300 }), (frame, size, contrast, wval) => {
    const expected = plainReduction(frame, { zoom: 1, column: 0, row: 0, size })
    const statistics = plainStatistics(expected.pixels.some(each => each !== 'overload') ? expected.pixels : [0])
    if (statistics.max > 65535 && (contrast <= 0 || wval < 0)) return true
    const reduced = reduce(frame, { part: 'whole', width: size, height: size, mode: 'legacy', frames: 1 })
    const drawing = { ...legacy, ...(contrast > 0 && { black: contrast }), ...(wval >= 0 && { white: wval }) }
    const levels = levelsOf(reduced, drawing)
    const plain = plainLevels(statistics, contrast, wval)
    const { pixels } = paint(reduced, drawing, levels, true)
    const painted = plainPainting(expected.pixels, plain)
    return levels.black === plain.black && levels.white === plain.white && pixels.every((each, at) => each === painted[at])
  }), { numRuns: 600 })
  t.pass('pixel by pixel')
})

t.test('a picture without colour has one channel, and three where something coloured comes on top', async t => {
  const counts = [0, 50, 100]
  t.same([...row(counts, { white: 0, black: 100 }).pixels], [255, 127, 0])
  t.equal(row(counts, {}).channels, 1)
  t.equal(row([...counts, 0xffffffff], {}).channels, 3)
  t.equal(row([...counts, 0xffffffff], { overloadColour: [9, 9, 9] }).channels, 1)
  t.equal(row(counts, { maskColour: [0, 0, 255] }).channels, 1)
  t.equal(row(counts, { maskColour: [0, 0, 255] }, [1, 0, 0]).channels, 3)
})

t.test('overloads and masked pixels have their colours', async t => {
  const { pixels } = row([7, 0xffffffff, 5, 0], { white: 0, black: 10, overloadColour: [1, 2, 3], maskColour: [4, 5, 6] }, [0, 0, 1, 0])
  t.same([...pixels], [76, 76, 76, 1, 2, 3, 4, 5, 6, 255, 255, 255])
  t.same([...row([7, 0xffffffff, 5, 0], { white: 0, black: 10 }, [0, 1, 1, 0]).pixels], [76, 255, 255, 255])
})

t.test('inversion paints high counts light', async t => {
  t.same([...row([0, 25, 100], { white: 0, black: 100, invert: true }).pixels], [0, 64, 255])
})

t.test('square root and logarithm set low counts apart', async t => {
  t.same([...row([0, 25, 100], { white: 0, black: 100, scale: 'sqrt' }).pixels], [255, 127, 0])
  t.same([...row([0, 9, 99], { white: 0, black: 99, scale: 'log' }).pixels], [255, 127, 0])
  for (const scale of ['linear', 'sqrt', 'log'] as const) {
    const shades = [...row(Array.from({ length: 500 }, (_, at) => at * 1000), { white: 10, black: 400_000, scale }).pixels]
    t.ok(shades.every((shade, at) => at === 0 || shade <= shades[at - 1]!), `${scale} never rises`)
  }
})

t.test('palettes run from dark to light, and paint high counts dark as grey does', async t => {
  const light = ([red, green, blue]: readonly [number, number, number]) => 0.2126 * red + 0.7152 * green + 0.0722 * blue
  for (const palette of ['grey', 'viridis', 'inferno', 'cividis', 'heat'] satisfies Palette[]) {
    const colours = coloursOf(palette)
    t.equal(colours.length, 256)
    t.ok(colours.every((each, at) => at === 0 || light(each) >= light(colours[at - 1]!) - 0.8), `${palette} never becomes darker`)
    const { pixels, channels } = row([0, 100], { white: 0, black: 100, palette })
    if (palette !== 'grey') t.same([...pixels], [...colours[255]!, ...colours[0]!])
    t.equal(channels, palette === 'grey' ? 1 : 3)
  }
  t.same(coloursOf('grey').map(([red]) => red), Array.from({ length: 256 }, (_, at) => at))
})

t.test('means are painted by their fractions', async t => {
  const reduced = reduce(frameOf(4, [0, 1, 1, 1], 16), { part: 'whole', width: 2, height: 1, mode: 'mean', frames: 1 })
  t.same([...paint(reduced, legacy, { white: 0, black: 1 }).pixels], [127, 0])
})
