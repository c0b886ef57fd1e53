// Texts in pictures.
import t from 'tap'
import type { Canvas } from '../../../../lib/diffraction/pixels/canvas.ts'
import { addLabel, drawText, labelText } from '../../../../lib/diffraction/pixels/label.ts'

const grey = (width: number, height: number): Canvas => ({ width, height, channels: 1, pixels: new Uint8Array(width * height).fill(240) })

/** A part of a canvas as text: # where it is black. */
const shown = ({ width, channels, pixels }: Canvas, rows: number, columns = width) => Array.from({ length: rows }, (_, y) =>
  Array.from({ length: columns }, (_, x) => pixels[(y * width + x) * channels] === 0 ? '#' : '.').join(''))

t.test('letters are those of the X11 font 9x15 bold', async t => {
  t.same(shown(addLabel(grey(18, 1), 'Ag', 16), 16), [
    '..................',
    '..................',
    '...##.............',
    '..####............',
    '.##..##...........',
    '##....##..#####.#.',
    '##....##.##...###.',
    '##....##.##...##..',
    '########.##...##..',
    '##....##..#####...',
    '##....##.##.......',
    '##....##..######..',
    '.........##....##.',
    '.........##....##.',
    '..........######..',
    '..................'
  ])
})

t.test('a band of any height leaves every row of the picture, unlike with the LS-CAT image server', async t => {
  for (const height of [1, 10, 15, 16, 17, 40, 64]) {
    const labelled = addLabel(grey(30, 9), 'abc', height)
    t.equal(labelled.height, 9 + height)
    t.ok(labelled.pixels.subarray(30 * height).every(each => each === 240), `${height} rows`)
    t.ok(labelled.pixels.subarray(0, 30 * height).every(each => each === 0 || each === 255))
  }
  t.equal(addLabel(grey(30, 9), 'abc', 65).height, 9 + 64)
})

t.test('no height or no text is no band', async t => {
  const canvas = grey(8, 8)
  t.equal(addLabel(canvas, 'abc', 0), canvas)
  t.equal(addLabel(canvas, 'abc', -3), canvas)
  t.equal(addLabel(canvas, '', 16), canvas)
})

t.test('only ASCII is drawn, 63 bytes of it at most, and what is beyond the edge is cut off', async t => {
  t.same(addLabel(grey(60, 1), 'a\u0007é\u{1f600}b', 16).pixels, addLabel(grey(60, 1), 'ab', 16).pixels)
  t.same(addLabel(grey(900, 1), 'x'.repeat(100), 16).pixels, addLabel(grey(900, 1), 'x'.repeat(63), 16).pixels)
  t.notSame(addLabel(grey(900, 1), 'x'.repeat(63), 16).pixels, addLabel(grey(900, 1), 'x'.repeat(62), 16).pixels)
  t.same(shown(addLabel(grey(5, 1), 'W', 16), 16), shown(addLabel(grey(9, 1), 'W', 16), 16, 5))
})

t.test('the number of the frame stands behind the text where there are several', async t => {
  t.equal(labelText('lysozyme', 7, 1, 900), 'lysozyme 7')
  t.equal(labelText('lysozyme', 1, 1, 1), 'lysozyme')
})

t.test('text is drawn in its colour, also where it begins outside', async t => {
  const canvas: Canvas = { width: 40, height: 20, channels: 3, pixels: new Uint8Array(40 * 20 * 3) }
  drawText(canvas, -4, -3, 'Hj', [1, 2, 3])
  drawText(canvas, 36, 12, 'Hj', [1, 2, 3])
  const dots = Array.from({ length: 800 }, (_, at) => [...canvas.pixels.subarray(at * 3, at * 3 + 3)].join())
  t.same(new Set(dots), new Set(['0,0,0', '1,2,3']))
  t.ok(dots.filter(each => each === '1,2,3').length > 20)
})
