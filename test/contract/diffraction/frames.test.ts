// Real frames over HTTP, through a real worker process; and that every answer is as the OpenAPI document says.
import { rmSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { Validator } from '@seriousme/openapi-schema-validator'
import sharp from 'sharp'
import t from 'tap'
import { writeEiger } from '../../../scripts/diffraction-demo/eiger.ts'
import { buildDiffraction, iiif, token } from '../../diffraction-server.ts'
import { describeServer } from '../openapi-document.ts'

t.test('frames of an Eiger', async t => {
  const server = await buildDiffraction(t, { env: { DIFFRACTION_TIMEOUT: '60000', NOT_FOUND_RATE_LIMIT: '0' } })
  const series = { name: 'demo', width: 300, height: 200, frames: 2, framesPerFile: 1 }
  await writeEiger(server.folder, series)
  const { document, fault } = await describeServer(server)

  t.test('are described by a document that is valid and whose references lead somewhere', async t => {
    t.strictSame(await new Validator().validate(structuredClone(document) as unknown as Record<string, unknown>), { valid: true })
    const routes = [...server.app.printRoutes({ commonPrefix: false, includeHooks: false }).matchAll(/\((\w+(?:, \w+)*)\)/g)].flatMap(([, methods = '']) => methods.split(', ')).filter(method => !['HEAD', 'OPTIONS'].includes(method))
    const described = Object.values(document.paths).flatMap(methods => Object.keys(methods)).filter(method => method !== 'options')
    t.ok(described.length >= 18 && described.length <= routes.length)
    for (const methods of Object.values(document.paths)) for (const [method, { summary }] of Object.entries(methods)) t.ok(summary, method)
  })

  for (const [route, methods] of Object.entries(document.paths).filter(([route]) => /^\/(?:diffraction|iiif)/.test(route))) {
    for (const [method, operation] of Object.entries(methods).filter(([method]) => method !== 'options')) {
      t.test(`${method.toUpperCase()} ${route} answers as the document says`, async t => {
        const body = operation.requestBody?.content['application/json']?.example
        if (operation.requestBody !== undefined && body === undefined) return t.pass('it has no example: indexing needs a program, links a secret')
        const parameters = operation.parameters ?? []
        const filled = parameters.reduce((text, { name, example = '' }) => text.replace(`{${name}}`, example), route)
        const query = new URLSearchParams(parameters.flatMap(({ in: place, name, example, required }) => place === 'query' && required === true && example !== undefined ? [[name, example] as [string, string]] : []))
        const reply = body === undefined ? await server.ask(`${filled}?${query}`) : await server.tell(filled, body)
        t.equal(reply.status, operation.operationId === 'iiifBase' ? 303 : 200)
        t.equal(fault(reply, [route, method]), undefined)
        if (operation.operationId === 'iiifBase') return undefined
        const refused = body === undefined ? await server.send(`${filled}?${query}`) : await server.post(filled, body)
        t.equal(fault(refused, [route, method]), undefined)
        t.equal(refused.status, 401)
        return undefined
      })
    }
  }

  t.test('are pictures of the size that was asked for, in every format', async t => {
    for (const [name, format] of [['default.jpg', 'jpeg'], ['gray.png', 'png'], ['color.webp', 'webp']] as const) {
      const reply = await server.fetch(`${iiif('demo_master.h5')}/50,0,200,200/100,/90/${name}?percentiles=1,99&rings=on&beam=on`)
      t.equal(reply.headers.get('content-type'), `image/${format}`)
      t.match(await sharp(Buffer.from(await reply.arrayBuffer())).metadata(), { format, width: 100, height: 100 })
    }
    const raw = await server.fetch(`${iiif('demo_master.h5')}/0,0,10,5/max/0/default.raw`)
    t.equal(raw.headers.get('diffraction-depth'), '32')
    t.equal(raw.headers.get('diffraction-size'), '10x5')
    t.equal((await raw.arrayBuffer()).byteLength, 200)
  })

  t.test('are pictures by the JSON of the LS-CAT image server', async t => {
    const reply = await server.fetch('/diffraction/jpeg', { method: 'POST', body: JSON.stringify({ esaf: 1, fn: 'demo_master.h5', frame: 2, xsize: 64, label: 'A', labelHeight: 16 }) })
    t.match(await sharp(Buffer.from(await reply.arrayBuffer())).metadata(), { format: 'jpeg', width: 64, height: 80 })
    t.match(JSON.parse(reply.headers.get('diffraction-job') ?? ''), { frame: 2, bval_used: Number })
  })

  t.test('F31: a file that is written anew is never shown as it was', async t => {
    const address = `${iiif('demo_master.h5')}/full/100,/0/default.png`
    const first = await server.ask(address)
    await writeEiger(server.folder, { ...series, seed: 9 })
    const second = await server.ask(address, { 'if-none-match': first.headers.get('etag') ?? '' })
    t.equal(second.status, 200)
    t.not(second.headers.get('etag'), first.headers.get('etag'))
  })

  t.test('F30: what lies outside the folder is not there, whatever the path says', async t => {
    const outside = path.join(path.dirname(server.folder), 'outside.cbf')
    writeFileSync(outside, 'x')
    symlinkSync(outside, path.join(server.folder, 'link.cbf'))
    const missing = await server.ask(`${iiif('nowhere.cbf')}/info.json`)
    t.equal(missing.status, 404)
    for (const file of [outside, '../outside.cbf', 'link.cbf', '/etc/passwd', '/proc/self/environ', '.', 'demo_master.h5/x']) {
      const reply = await server.ask(`${iiif(file)}/info.json`)
      t.equal(reply.status, 404, file)
      t.strictSame(reply.json, missing.json, file)
    }
    t.equal((await server.ask('/diffraction/files?esaf=1&folder=..')).status, 404)
    rmSync(outside)
    t.equal((await server.ask(`${iiif('demo_master.h5', 3)}/info.json`)).status, 404)
    t.notMatch((await server.ask('/diffraction/files?esaf=1')).text, path.dirname(server.folder))
    t.notMatch(missing.text, token)
  })
})
