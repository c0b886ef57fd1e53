// Ten megabytes made to be hard to read, from a client or from a service: each is dealt with, and meanwhile the event loop serves others.
import { gzipSync } from 'node:zlib'
import t from 'tap'
import type { Test } from 'tap'
import { answer, graphicRequest, handler, mockService, names, preprocessor, rendering, servicesFile, uuid } from '../helper.ts'
import { startProcess } from './server-process.ts'
import type { ServerProcess } from './server-process.ts'

const size = 10 * 1024 * 1024

/**
 * Longest work that the event loop may do on end: as much as to parse a megabyte and a half of keys. That is about 50 ms on the machines that
 * this was written on, but how fast they are changes within one run.
 */
const longest = 1.5

/** How often a body is tried: what holds up the loop does so each time, a pause to collect garbage does not. */
const tries = 3

const empty = JSON.stringify(graphicRequest({ preprocessors: {} }))

/** The valid request with members in front, `size` bytes in all where `filler` is repeated. */
const withMembers = (members: string) => empty.replace('{', `{${members},`)
const repeat = (unit: string, room = size) => unit.repeat(Math.floor(room / unit.length))
const numbered = (unit: (number: number) => string) => {
  const parts: string[] = []
  for (let number = 0, length = 0; length < size; number++) {
    const part = unit(number)
    parts.push(part)
    length += part.length + 1
  }
  return parts.join()
}
const results = (text: string) => empty.replace('"preprocessors":{}', `"preprocessors":{${text}}`)
const name = names.preprocessor('x')
const utf32 = (text: string) => {
  const units = Buffer.alloc(text.length * 4)
  for (let at = 0; at < text.length; at++) units.writeUInt32LE(text.charCodeAt(at), at * 4)
  return units
}

const json = { 'content-type': 'application/json' }
const bodies: Array<[what: string, make: () => string | Buffer, headers?: Record<string, string>]> = [
  ['a graphic of ten megabytes', () => JSON.stringify(graphicRequest({ graphic: `data:image/png;base64,${repeat('A')}` }))],
  ['a million keys', () => withMembers(numbered(number => `"k${number}":1`))],
  ['a million equal keys', () => withMembers(repeat('"k":1,') + '"k":1')],
  ['ten thousand keys that are nearly too many', () => withMembers(Array.from({ length: 9900 }, (_, number) => `"k${number}":"${'x'.repeat(1000)}"`).join())],
  ['nine thousand results', () => results(Array.from({ length: 9000 }, (_, number) => `"ca.x${number}":{"a":"${'x'.repeat(1000)}"}`).join())],
  ['five million lists in one another', () => withMembers(`"deep":${'['.repeat(size / 2)}${']'.repeat(size / 2)}`)],
  ['a million objects in one another', () => withMembers(`"deep":${repeat('{"a":', size * 5 / 6)}1${'}'.repeat(Math.floor(size * 5 / 6 / 5))}`)],
  ['a list of numbers', () => withMembers(`"list":[${repeat('1,')}1]`)],
  ['a list of empty objects', () => withMembers(`"list":[${repeat('{},')}{}]`)],
  ['three hundred thousand renderers', () => empty.replace(/"renderers":\[/, match => `${match}${numbered(number => `"ca.x${number}"`)},`)],
  ['as many equal renderers', () => empty.replace(/"renderers":\[/, match => `${match}${repeat('"ca.x",')}`)],
  ['a renderer name of ten megabytes', () => empty.replace(/"renderers":\[/, match => `${match}"ca${repeat('.a')}",`)],
  ['a URL of dotted labels', () => JSON.stringify(graphicRequest({ URL: `https://${repeat('a.')}` }))],
  ['a URL without end', () => JSON.stringify(graphicRequest({ URL: `https://${repeat('www.')}!` }))],
  ['a graphic of many semicolons', () => JSON.stringify(graphicRequest({ graphic: `data:image/${repeat(';base64,')}!` }))],
  ['a text of escaped quotes', () => withMembers(`"text":"${repeat('\\"')}"`)],
  ['a text of backslashes', () => withMembers(`"text":"${repeat('\\\\')}"`)],
  ['a text of escaped characters', () => withMembers(`"text":"${repeat('\\u00e9')}"`)],
  ['a key of escaped characters', () => withMembers(`"${repeat('\\u00e9')}":1`)],
  ['a result of escaped quotes', () => results(`"${name}":{"text":"${repeat('\\"')}"}`)],
  ['a result of short texts', () => results(`"${name}":{"list":[${repeat('"","\\"",')}1]}`)],
  ['white space', () => `${' '.repeat(size / 2)}${empty}${'\n'.repeat(size / 2)}`],
  ['white space between all members', () => JSON.stringify(graphicRequest(), null, 10).replaceAll('\n', '\n'.repeat(size / 20))],
  ['ten megabytes of nothing', () => Buffer.alloc(size)],
  ['JSON that breaks off', () => `${empty.slice(0, -1)},"list":[${repeat('{"a":[1,')}`],
  ['UTF-16', () => Buffer.from(withMembers(`"text":"${repeat('é', size / 2)}"`), 'utf16le'), { 'content-type': 'application/json; charset=utf-16le' }],
  ['UTF-32', () => utf32(withMembers(`"text":"${repeat('é', size / 4)}"`)), { 'content-type': 'application/json; charset=utf-32le' }],
  ['two of it in gzip', () => gzipSync(withMembers(`"text":"${'x'.repeat(size * 1.9)}"`)), { ...json, 'content-encoding': 'gzip' }]
]

const wire = { request_uuid: uuid, timestamp: 1 }
const replies: Array<[what: string, role: 'look' | 'change' | 'show', make: () => string, outcome: string]> = [
  ['a result of a million keys', 'look', () => JSON.stringify({ ...wire, name, data: {} }).replace('{}', `{${numbered(number => `"k${number}":1`)}}`), 'done'],
  ['a result of a million lists in one another', 'look', () => JSON.stringify({ ...wire, name, data: { a: 'deep' } }).replace('"deep"', '['.repeat(1e6) + ']'.repeat(1e6)), 'done'],
  ['a modification of a million keys', 'change', () => JSON.stringify({ ...wire, name: names.modifier, data: {} }).replace('{}', `{${numbered(number => `"k${number}":1`)}}`), 'failed: invalid'],
  ['two hundred thousand renderings', 'show', () => JSON.stringify({ ...wire, renderings: [] }).replace('[]', `[${numbered(() => '{"type_id":"ca.x","description":"","data":{}}')}]`), 'failed: invalid'],
  ['a rendering type of ten megabytes', 'show', () => JSON.stringify({ ...wire, renderings: [rendering('x', { type_id: `ca${repeat('.a')}` })] }), 'done']
]

// Some are tried again and again on a machine that is busy with other things.
t.setTimeout(120000)

/** Does something up to some times, until it has held up the event loop of the server for no longer than it may. */
async function measured<T> (t: Test, server: ServerProcess, what: string, act: () => Promise<T>): Promise<T> {
  const shares: number[] = []
  let result: T
  do {
    await server.measure()
    result = await act()
    const { work, delay, knownWork } = await server.measure()
    shares.push(work / knownWork)
    t.comment(`${what}: the loop worked ${work.toFixed(0)} ms on end, and was held up ${delay.toFixed(0)} ms by that and by what else ran here; a megabyte of keys takes ${knownWork.toFixed(0)} ms`)
  } while ((shares.at(-1) ?? 0) >= longest && shares.length < tries)
  t.ok(Math.min(...shares) < longest, `held up ${Math.min(...shares).toFixed(2)} times as long as by a megabyte of keys`)
  return result
}

const post = async (port: number, body: string | Buffer, headers: Record<string, string> = json) => {
  const response = await fetch(`http://127.0.0.1:${port}/render`, { method: 'POST', headers, body: typeof body === 'string' ? body : new Uint8Array(body) })
  await response.arrayBuffer()
  return response
}

t.test('hostile bodies', async t => {
  const look = await mockService(t, answer(204))
  const server = startProcess(t, { MAX_BODY: '20mb', SERVICES_FILE: servicesFile(t, { look: preprocessor(look) }) }, true)
  const port = await server.port
  t.equal((await post(port, empty)).status, 200)

  for (const [what, make, headers] of bodies) {
    t.test(`${what} holds up nobody`, async t => {
      const body = make()
      const { status } = await measured(t, server, what, () => post(port, body, headers))
      t.ok([200, 400, 413].includes(status), `answered ${status}`)
      t.equal((await post(port, empty)).status, 200, 'and the next request is served')
    })
  }
})

t.test('hostile replies', async t => {
  const none = answer(204)
  const [look, change, show] = [await mockService(t, none), await mockService(t, none), await mockService(t, none)]
  const services = { look: preprocessor(look), change: preprocessor(change, { modifyRequest: true }), show: handler(show) }
  const server = startProcess(t, { SERVICES_FILE: servicesFile(t, services), PARALLEL_PREPROCESSORS: 'ON' }, true)
  const port = await server.port

  for (const [what, role, make, outcome] of replies) {
    t.test(`${what} hold up nobody`, async t => {
      const service = { look, change, show }[role]
      service.behaviour = answer(200, make())
      const response = await measured(t, server, what, () => post(port, empty))
      t.equal(response.status, 200)
      t.match(response.headers.get('server-timing'), `${role};desc="${outcome}"`)
      service.behaviour = none
    })
  }
})
