// What the page of diffraction works out by itself: addresses of frames, queries of pictures, lines of charts, and where spots are.
import t from 'tap'
import { drawingQuery, levelsQuery, readLevels, usualDrawing } from '../../console/src/pages/diffraction/drawing.ts'
import { countRegions, linePath, peak, range, regionOf } from '../../console/src/pages/diffraction/numbers.ts'
import { readPlace, writePlace } from '../../console/src/pages/diffraction/place.ts'

t.test('a frame has an address that leads back to it, whatever its file is called', async t => {
  for (const file of ['run_master.h5', 'a b/c#1?.cbf', '100%/é.img', '/abs/%2F.tif']) {
    const place = { esaf: 42, file, frame: 3 }
    t.strictSame(readPlace({ hash: writePlace(place), search: '' }), place, file)
  }
})

t.test('the query of the old address names a frame too; what names none is none', async t => {
  t.strictSame(readPlace({ hash: '#/diffraction', search: '?esaf=42&file=a%2Fb.h5&frame=2' }), { esaf: 42, file: 'a/b.h5', frame: 2 })
  t.strictSame(readPlace({ hash: '#/diffraction', search: '?esaf=42&file=b.h5' }), { esaf: 42, file: 'b.h5', frame: 1 })
  for (const search of ['', '?esaf=42', '?esaf=x&file=a', '?esaf=1&file=a&frame=0', '?esaf=1.5&file=a']) t.equal(readPlace({ hash: '#/diffraction', search }), undefined, search)
  for (const hash of ['#/diffraction/0/1/a', '#/diffraction/1/0/a', '#/diffraction/1/1/%', '#/diffraction/1/1/']) t.equal(readPlace({ hash, search: '' }), undefined, hash)
})

t.test('a drawing is the query of a picture', async t => {
  t.equal(drawingQuery(usualDrawing), 'scale=linear&palette=grey')
  t.equal(drawingQuery(usualDrawing, { black: 70.4, white: -2 }), 'scale=linear&palette=grey&white=0&black=70')
  t.equal(drawingQuery({ ...usualDrawing, levels: 'manual', white: 5, black: 50, rings: true, ice: true, beam: true, invert: true, mask: '1f6feb' }, { black: 1, white: 2 }),
    'scale=linear&palette=grey&white=5&black=50&invert=on&rings=on&ice=on&beam=on&mask=1f6feb', 'levels by hand come before those found')
  t.equal(levelsQuery(usualDrawing), '')
  t.equal(levelsQuery({ ...usualDrawing, levels: 'percentiles' }), 'percentiles=1,99.8')
})

t.test('levels are read from the header of a picture', async t => {
  t.strictSame(readLevels('black=61.3, white=-1e-3'), { black: 61.3, white: -0.001 })
  for (const header of [null, '', 'black=, white=1']) t.equal(readLevels(header), undefined)
})

t.test('a line goes from the left to the right, begins at zero, and has gaps', async t => {
  t.equal(linePath([{ x: 10, y: 0 }, { x: 20, y: 5 }, { x: 30, y: null }, { x: 50, y: 10 }], { width: 100, height: 50 }), 'M0 50L25 25M100 0')
  t.equal(linePath([], { width: 100, height: 50 }), '')
  t.equal(linePath([{ x: 1, y: 0 }], { width: 100, height: 50 }), 'M0 50', 'nothing is divided by nothing')
  t.strictSame(range([3, -1, 2]), { low: -1, high: 3, span: 4 })
  t.strictSame(range([]), { low: 0, high: 1, span: 1 })
  t.strictSame(peak([{ x: 1, y: null }, { x: 2, y: 4 }, { x: 3, y: 4 }]), { x: 2, y: 4 })
  t.equal(peak([{ x: 1, y: null }]), undefined)
})

t.test('a spot is in one of nine parts, and the parts with most come first', async t => {
  const size = { width: 300, height: 600 }
  t.equal(regionOf({ x: 0, y: 0 }, size), 'topLeft')
  t.equal(regionOf({ x: 150, y: 300 }, size), 'middle')
  t.equal(regionOf({ x: 300, y: 600 }, size), 'bottomRight', 'the edge belongs to the last')
  t.equal(regionOf({ x: 299, y: 10 }, size), 'topRight')
  t.strictSame(countRegions([{ x: 1, y: 1 }, { x: 150, y: 300 }, { x: 160, y: 310 }], size), [{ region: 'middle', count: 2 }, { region: 'topLeft', count: 1 }])
})
