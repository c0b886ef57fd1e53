// What picture a request asks for.
import t from 'tap'
import { integerOf, readJob, typeFault } from '../../../../lib/diffraction/jobs/job.ts'
import { readView } from '../../../../lib/diffraction/jobs/view.ts'

const jobOf = (request: string) => readJob(Buffer.from(request))
const viewOf = (request: string) => readView(jobOf(request).members)

t.test('a request of the LS-CAT image server', async t => {
  t.same(viewOf('{"fn":"a.h5","frame":3,"xsize":512,"zoom":4,"segcol":1.5,"segrow":-2,"contrast":60,"wval":7,"label":"x","labelHeight":16}'), {
    source: { file: 'a.h5', frame: 3 },
    part: { zoom: 4, column: 1.5, row: -2 },
    width: 512,
    height: 512,
    highest: undefined,
    mode: 'legacy',
    frames: 1,
    drawing: {
      black: 60, white: 7, scale: 'linear', invert: false, palette: 'grey', overloadColour: [255, 0, 0], label: { text: 'x', height: 16 }, format: 'jpeg', quality: 100, chroma: '4:2:0'
    },
    isExtended: false
  })
})

t.test('its defaults', async t => {
  const { drawing, ...view } = viewOf('{"fn":"a.h5"}')
  t.match(view, { source: { file: 'a.h5', frame: 1 }, part: 'whole', width: 8, height: 8 })
  t.equal(drawing.black, undefined)
  t.equal(drawing.white, 0, 'wval is 0 where there is none')
  t.equal(viewOf('{"wval":-1}').drawing.white, undefined)
  t.equal(viewOf('{"contrast":-5}').drawing.black, undefined)
  for (const none of ['{}', '{"fn":null}', '{"fn":""}', '{"fn":7}']) t.equal(viewOf(none).source, undefined)
  t.equal(viewOf('{"fn":"a","frame":-3}').source?.frame, 1)
})

t.test('zoom', async t => {
  t.equal(viewOf('{"zoom":1.04,"segcol":3}').part, 'whole')
  t.same(viewOf('{"zoom":1.06,"segcol":3}').part, { zoom: 1.1, column: 3, row: 0 })
  t.equal(viewOf('{"zoom":"4","segcol":3}').part, 'whole')
  t.same(viewOf('{"zoom":1e300,"segcol":-1e300,"segrow":1e300}').part, { zoom: 1e6, column: -1e6, row: 1e6 })
})

t.test('percentiles stand where no level is given', async t => {
  t.equal(viewOf('{"percentiles":[1,99]}').drawing.white, undefined)
  t.equal(viewOf('{"percentiles":[1,99],"wval":3}').drawing.white, 3)
})

t.test('colours and rings', async t => {
  t.same(viewOf('{"maskColour":"#FF8000"}').drawing.maskColour, [255, 128, 0])
  t.same(viewOf('{"maskColour":"ff8000"}').drawing.maskColour, [255, 128, 0])
  t.same(viewOf('{"overloadColour":[0,1,2]}').drawing.overloadColour, [0, 1, 2])
  t.same(viewOf('{"rings":[3.9,2.5]}').drawing.overlays, { rings: [3.9, 2.5], ice: false, beam: false })
  t.equal(viewOf('{"rings":false}').drawing.overlays, undefined)
  t.ok((viewOf('{"rings":true}').drawing.overlays?.rings?.length ?? 0) > 3)
  for (const wrong of ['{"rings":[1,"2"]}', `{"rings":[${Array(65).fill(1).join()}]}`, '{"maskColour":[1,2,3,4]}', '{"maskColour":[1.0,2,3]}', '{"maskColour":"#ff80000"}']) t.throws(() => viewOf(wrong), { code: 'REQUEST' })
})

t.test('the aspect is kept within ysize', async t => {
  t.match(viewOf('{"xsize":100,"keepAspect":true}'), { height: undefined, highest: undefined, isExtended: true })
  t.match(viewOf('{"xsize":100,"keepAspect":true,"ysize":50}'), { height: undefined, highest: 50 })
  t.match(viewOf('{"xsize":100,"ysize":50}'), { height: 50 })
})

t.test('members that only look like some are none', async t => {
  const { members } = jobOf('{"__proto__":{"xsize":100}}')
  t.equal(integerOf(members, 'xsize'), 0)
  t.equal(integerOf(members, 'toString'), 0)
})

t.test('types', async t => {
  t.equal(jobOf('{"type":"JpEg"}').type, 'jpeg')
  t.equal(readJob(Buffer.from('{}'), 'spots').type, 'spots')
  t.equal(typeFault(jobOf('{"type":"FindSpots"}')), undefined)
  t.equal(typeFault(jobOf('{}')), 'missing')
  t.equal(typeFault(jobOf('{"type":"constructor"}')), 'unknown')
  t.equal(typeFault(jobOf('{"type":"RSYNC_transfer"}')), 'obsolete')
  t.equal(jobOf('{"esaf":-3}').esaf, 0)
})
