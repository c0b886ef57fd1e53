// Replies by ZeroMQ, frame by frame.
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import sharp from 'sharp'
import t from 'tap'
import { tiffBytes } from '../../diffraction-frames/tiff.ts'
import { buildFrameServer, counts, jsonOf, pictureRequest, writeFrame } from '../../diffraction-peers.ts'
import type { FrameServer } from '../../diffraction-peers.ts'

t.test('replies', async t => {
  const server: FrameServer = await buildFrameServer(t)
  writeFrame(server.folder)
  writeFileSync(path.join(server.folder, 'monitor.tif'), tiffBytes({ width: 40, height: 30, counts: counts(40, 30) }))
  const { ask } = server.asker()

  t.test('a picture comes as an empty part, the job, the metadata, and a JPEG', async t => {
    const reply = await ask(pictureRequest({ type: 'JPEG', tag: { any: [1, 2.0, 'thing'] } }))
    t.equal(reply.length, 4)
    t.equal(reply[0]?.length, 0)
    const metadata = jsonOf(reply[2])
    t.equal(metadata.detector, 'Rayonix MX-300 s/n 001')
    t.equal(metadata.fn, 'test.mccd')
    t.equal(metadata.frame, 1)
    t.equal(metadata.x_pixels_in_detector, 200)
    t.equal(metadata.max, 250)
    t.equal(typeof metadata.spots, 'number')
    t.ok(Number(metadata.nSaturated) >= 1)
    const { bval_used: black, wval_used: white } = jsonOf(reply[1])
    t.equal(black, Math.trunc(Number(metadata.mean) + Number(metadata.stddev)))
    t.equal(white, Math.max(0, Math.trunc(Number(metadata.mean) - Number(metadata.stddev))))
    const { width, height, format } = await sharp(reply[3]).metadata()
    t.same({ width, height, format }, { width: 64, height: 64, format: 'jpeg' })
  })

  t.test('the job comes back with sorted members, compact, with numbers as they were written', async t => {
    const reply = await ask('{ "zoom": 1.0, "z":1e3, "esaf":1, "a": {"y":[-0.10,1e-7,12345678901234567], "b":"\\u001f\\u00e9/"}, "type":"jpeg", "fn":"test.mccd", "contrast": 9, "wval": 2, "xsize": 16, "pid":"demo"}')
    t.equal(String(reply[1]), '{"a":{"b":"\\u001Fé/","y":[-0.10000000000000001,9.9999999999999995e-8,12345678901234567]},"bval_used":9,"contrast":9,"esaf":1,"fn":"test.mccd","pid":"demo","type":"jpeg","wval":2,"wval_used":2,"xsize":16,"z":1000.0,"zoom":1.0}')
  })

  t.test('integers and measured values differ in metadata', async t => {
    const text = String((await ask(pictureRequest()))[2])
    t.match(text, /"detector_distance":0\.25,/)
    t.match(text, /"first_frame":1,/)
    t.match(text, /"exposureTime":1\.1\d*,/)
    t.match(text, /"beam_center_x":1527\.0,/)
  })

  t.test('without a file the picture is blank: no metadata, and no levels', async t => {
    for (const fn of [undefined, null, '']) {
      const reply = await ask(pictureRequest({ fn, esaf: undefined, xsize: 40, label: 'A label', labelHeight: 20 }))
      t.equal(reply.length, 4)
      t.equal(reply[2]?.length, 0)
      t.notOk('bval_used' in jsonOf(reply[1]))
      const { data, info } = await sharp(reply[3]).greyscale().raw().toBuffer({ resolveWithObject: true })
      t.same([info.width, info.height], [40, 60])
      t.equal(data[40 * 60 - 1], 240)
      t.ok(data.subarray(0, 40 * 20).some(each => each < 100), 'the label is drawn')
    }
  })

  t.test('spots come as an empty part, the job, and the metadata', async t => {
    const reply = await ask({ pid: 'demo', esaf: 1, type: 'spots', fn: 'test.mccd', zoom: 4, segcol: 1 })
    t.equal(reply.length, 3)
    t.equal(String(reply[1]), '{"esaf":1,"fn":"test.mccd","pid":"demo","segcol":0.0,"segrow":0.0,"type":"spots","zoom":1.0}')
    t.equal(typeof jsonOf(reply[2]).spots, 'number')
    t.equal(jsonOf(reply[2]).n, 384 * 384)
  })

  t.test('numbers that are no JSON integers read as 0', async t => {
    for (const xsize of [64.0001, '64', null, true, [64]]) {
      const reply = await ask(pictureRequest({ xsize }))
      t.equal((await sharp(reply[3]).metadata()).width, 8)
    }
    const reply = await ask(JSON.stringify(pictureRequest()).replace('"xsize":64', '"xsize":64.0'))
    t.equal((await sharp(reply[3]).metadata()).width, 8)
  })

  t.test('labels of any height are drawn', async t => {
    for (const labelHeight of [1, 15, 16, 17, 64]) {
      const reply = await ask(pictureRequest({ label: 'x', labelHeight }))
      t.equal((await sharp(reply[3]).metadata()).height, 64 + labelHeight)
    }
    for (const labelHeight of [-1, 65, 0]) {
      t.equal((await sharp((await ask(pictureRequest({ label: 'x', labelHeight })))[3]).metadata()).height, 64)
    }
  })

  t.test('a picture may be larger than its frame', async t => {
    const reply = await ask(pictureRequest({ xsize: 600 }))
    t.equal((await sharp(reply[3]).metadata()).width, 600)
  })

  t.test('a TIFF is a frame like others', async t => {
    const reply = await ask(pictureRequest({ fn: 'monitor.tif' }))
    t.equal(reply[0]?.length, 0)
    t.equal(jsonOf(reply[2]).x_pixels_in_detector, 40)
  })

  t.test('a tile beside the frame is a picture', async t => {
    const reply = await ask(pictureRequest({ zoom: 4, segcol: 100.5, segrow: -3 }))
    t.equal(reply.length, 4)
  })

  t.test('members of our own change the picture', async t => {
    const reply = await ask(pictureRequest({ keepAspect: true, format: 'png', palette: 'viridis', scale: 'log', percentiles: [1, 99.5], invert: true, maskColour: '#102030', overloadColour: [0, 255, 0], mode: 'max', quality: 80, chroma: '4:4:4', rings: true, ice: true, beam: true }))
    t.equal(reply[0]?.length, 0, String(reply[0]))
    const { width, height, format } = await sharp(reply[3]).metadata()
    t.same({ width, height, format }, { width: 64, height: 51, format: 'png' })
    const job = jsonOf(reply[1])
    t.same([job.width_used, job.height_used], [64, 51])
  })

  t.test('raw pixels come with their depth', async t => {
    const reply = await ask(pictureRequest({ format: 'raw', mode: 'mean', xsize: 20, ysize: 10 }))
    t.equal(reply[3]?.length, 20 * 10 * 4)
    t.equal(jsonOf(reply[1]).depth_used, -32)
  })

  t.test('metadata come without a picture', async t => {
    const reply = await ask({ pid: 'demo', esaf: 1, type: 'meta', fn: 'test.mccd' })
    t.equal(reply.length, 4)
    t.equal(jsonOf(reply[2]).beamline, '21-ID-G')
    t.match(jsonOf(reply[3]), { format: 'marccd', frames: 1, width: 200, height: 160 })
  })

  t.test('pixels, histograms, profiles and spots come as JSON', async t => {
    const of = (more: object) => ask({ pid: 'demo', esaf: 1, fn: 'test.mccd', ...more })
    t.match(jsonOf((await of({ type: 'pixel', x: 1, y: 1 }))[2]), { isOverload: true })
    t.match(jsonOf((await of({ type: 'pixel', x: 1, y: 0 }))[2]), { count: 7919 % 251, isMasked: false })
    t.equal((jsonOf((await of({ type: 'histogram', bins: 10 }))[2]).counts as unknown[]).length, 10)
    t.equal((jsonOf((await of({ type: 'radial', bins: 10 }))[2]).means as unknown[]).length, 10)
    t.type(jsonOf((await of({ type: 'findspots' }))[2]).found, 'number')
  })
})
