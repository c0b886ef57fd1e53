// Bytes that are nearly HTTP: valid requests, changed in the ways in which clients, proxies and attackers get it wrong.
import { gzipSync } from 'node:zlib'
import { graphicRequest } from '../helper.ts'
import { pick } from '../fixtures/json/random-text.ts'
import type { Random } from '../fixtures/json/random-text.ts'

// Texts here hold one byte a letter (latin1).
const body = JSON.stringify(graphicRequest())
const zipped = gzipSync(body).toString('latin1')

function post (headers: string[], content: string, path = '/render'): string {
  return [`POST ${path} HTTP/1.1`, 'Host: tutti', 'Content-Type: application/json', ...headers, '', content].join('\r\n')
}

function get (path: string, method = 'GET', headers: string[] = []): string {
  return [`${method} ${path} HTTP/1.1`, 'Host: tutti', ...headers, '', ''].join('\r\n')
}

const length = (text: string) => `Content-Length: ${text.length}`
const chunk = (text: string, size = text.length.toString(16)) => `${size}\r\n${text}\r\n`
const chunked = 'Transfer-Encoding: chunked'
const end = '0\r\n\r\n'

/** Requests with nothing wrong about them. */
const valid = [
  post([length(body)], body),
  post([chunked], chunk(body) + end),
  post([chunked, 'Trailer: x-sum'], `${chunk(body.slice(0, 40))}${chunk(body.slice(40))}0\r\nx-sum: 1\r\n\r\n`),
  post([length(zipped), 'Content-Encoding: gzip'], zipped),
  post([length(body), 'Accept: text/event-stream'], body),
  post([length(body), 'Expect: 100-continue'], body),
  post([length(body)], body, '/render/preprocess'),
  post([length('{}'), 'Connection: close'], '{}'),
  get('/docs'), get('/docs/openapi.json'), get('/topology?format=mermaid'), get('/authenticate/6f1d2a3b-4c5d-4e6f-8a7b-9c0d1e2f3a4b/00ff'),
  get('/render', 'OPTIONS'), get('/docs', 'HEAD'), get('/nothing', 'DELETE'),
  get('/docs') + post([length(body)], body) + get('/docs', 'HEAD')
]

const strangeValues = ['', ' ', '0', '-1', '+5', '5x', '0x10', '1e3', '5, 5', '5,6', '18446744073709551616', '9'.repeat(400), 'é', '\u0000', '\t', ';', '"', 'chunked', 'chunked, chunked', 'identity', 'gzip, chunked', 'xchunked', '\u000bchunked', 'chunked\u0000']
const strangeLines = [
  'Transfer-Encoding: chunked', 'Transfer-Encoding : chunked', 'Transfer-Encoding:\tchunked', 'transfer-encoding: identity', 'Content-Length: 0', 'Content-Length: 7', 'Content-Length : 7', ' Content-Length: 7',
  'Host: other', 'Host:', ': nameless', 'no colon', 'x\u0000y: z', 'x y: z', '(): z', 'Connection: close', 'Connection: keep-alive, upgrade', 'Connection: content-length', 'Upgrade: websocket', 'Upgrade: h2c',
  'Sec-WebSocket-Version: 13', 'HTTP2-Settings: AAMAAABkAAQAAP__', 'Expect: 100-continue', 'Expect: 200-ok', 'Keep-Alive: timeout=0', 'TE: trailers', 'Content-Encoding: br', 'Content-Type: application/json; charset=utf-7',
  'Accept: text/event-stream', 'Authorization: Bearer x', 'Via: 1.1 x', 'X-Forwarded-For: ,,::1,', 'traceparent: 00-x', 'X-Request-ID: \u00ff', '__proto__: x', 'constructor: x', 'Cookie: ' + 'a=b; '.repeat(500)
]
const strangeTargets = ['*', '/', '//', '', '/..', '/%', '/%ff', '/%00', '/render?', '/render#x', '/render/', '/RENDER', '/render%2fpreprocess', 'http://tutti/render', 'http://[::1', 'tutti:80', '/é', '/\u0000', `/${'a'.repeat(9000)}`, `/docs?${'a=b&'.repeat(2000)}`, '/authenticate/%2e%2e/x', '/__proto__', '/health/ready']
const strangeMethods = ['', 'get', 'GEt', 'CONNECT', 'TRACE', 'PRI', 'PURGE', 'QUERY', 'M-SEARCH', 'SOURCE', 'HTTP/1.1', 'G\u0000T', 'X'.repeat(5000)]
const strangeVersions = ['HTTP/0.9', 'HTTP/1.0', 'HTTP/1.2', 'HTTP/2.0', 'HTTP/1.10', 'http/1.1', 'HTTP/1', 'ICE/1.0', 'RTSP/1.0', '']
const strangeSizes = ['-1', '0x5', 'zz', '', ' 5', '5 ', '5;', '5;a', '5;a=b', `5;a="${'x'.repeat(20_000)}"`, `5;${'a;'.repeat(9000)}`, 'f'.repeat(16), 'f'.repeat(17), '1'.repeat(40), '5\u0000', '5\t', '+5', '05', '0'.repeat(5000) + '5']

type Mutation = (text: string, random: Random) => string

const at = (text: string, random: Random) => random(text.length + 1)
const lines = (text: string, change: (lines: string[]) => void) => {
  const all = text.split('\r\n')
  change(all)
  return all.join('\r\n')
}
/** Where a line of the head is, the first of the text aside. */
const place = (all: string[], random: Random) => 1 + random(Math.max(1, all.findIndex((line, index) => index > 0 && line === '')))

const mutations: Mutation[] = [
  (text, random) => text.slice(0, at(text, random)),
  (text, random) => {
    const bytes = Buffer.from(text, 'latin1')
    for (let left = 1 + random(8); left > 0 && bytes.length > 0; left--) {
      const spot = random(Math.min(bytes.length, random(2) === 0 ? 200 : bytes.length))
      bytes[spot] = random(2) === 0 ? random(256) : (bytes[spot] ?? 0) ^ (1 << random(8))
    }
    return bytes.toString('latin1')
  },
  (text, random) => {
    const spot = at(text, random)
    return text.slice(0, spot) + pick(random, ['\r', '\n', '\r\n', '\0', '\r\n\r\n', ' ', ':', '\x7f', '\xff', '%', 'HTTP/1.1', '0\r\n\r\n']) + text.slice(spot)
  },
  (text, random) => {
    const spot = at(text, random)
    return text.slice(0, spot) + text.slice(spot + 1 + random(30))
  },
  text => text.replaceAll('\r\n', '\n'),
  text => text.replaceAll('\r\n', '\r'),
  (text, random) => {
    const breaks = [...text.matchAll(/\r\n/g)].map(({ index }) => index)
    const spot = breaks.length === 0 ? 0 : pick(random, breaks)
    return text.slice(0, spot) + pick(random, ['\n', '\r', '\n\r', '\r\r\n', ' \r\n', '\r\n ', '\r\n\t']) + text.slice(spot + 2)
  },
  (text, random) => lines(text, all => all.splice(place(all, random), 0, pick(random, strangeLines))),
  (text, random) => lines(text, all => {
    const spot = place(all, random)
    all.splice(spot, 0, all[spot] ?? '')
  }),
  (text, random) => lines(text, all => all.splice(place(all, random), 1)),
  (text, random) => lines(text, all => {
    const spot = place(all, random)
    all[spot] = `${(all[spot] ?? '').split(':', 1)[0] ?? ''}:${pick(random, [' ', '', '\t', '\r\n '])}${pick(random, strangeValues)}`
  }),
  (text, random) => lines(text, all => all.splice(1, 0, ...Array.from({ length: pick(random, [100, 1999, 2001, 5000]) }, (_, index) => `x${index}: y`))),
  (text, random) => lines(text, all => all.splice(1, 0, `x-long: ${'y'.repeat(pick(random, [8000, 16_384, 70_000]))}`)),
  (text, random) => text.replace(/^\S+/, () => pick(random, strangeMethods)),
  (text, random) => text.replace(/^(\S+) \S+/, (_, method) => `${method} ${pick(random, strangeTargets)}`),
  (text, random) => text.replace(/HTTP\/1\.1/, () => pick(random, strangeVersions)),
  (text, random) => text.replace(/\r\n[0-9a-f]{1,4}\r\n/, () => `\r\n${pick(random, strangeSizes)}\r\n`),
  (text, random) => text.replace(/Content-Length: \d+/, () => `Content-Length: ${pick(random, strangeValues)}`),
  (text, random) => text.repeat(2 + random(20)),
  (text, random) => text + pick(random, valid),
  (text, random) => {
    const other = pick(random, valid)
    return text.slice(0, at(text, random)) + other.slice(at(other, random))
  },
  (text, random) => pick(random, ['\r\n', '\n', '\r\n\r\n\r\n', ' ', '\0', '\x16\x03\x01', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'PROXY TCP4 1.2.3.4 1.2.3.4 1 2\r\n']) + text
]

/** A valid request after a few changes, one byte a letter. */
export function nearlyHttp (random: Random): string {
  let text = pick(random, valid)
  for (let left = 1 + random(3); left > 0; left--) text = pick(random, mutations)(text, random).slice(0, 200_000)
  return text
}

const hidden = get('/health/live', 'GET', ['Connection: close'])

/** What the server answers the request that is hidden in the texts of hiddenRequest, and no other of them. */
export const hiddenAnswer = '"healthy"'

/** The request that the others hide, behind one with an empty body. */
export const shownRequest = post([length('')], hidden)

/**
 * A request whose body holds another request, and whose framing could be read in two ways. At least one of the ways says that it is a body, so that whoever
 * answers what is in it can be made to answer what somebody else in front has not seen.
 */
export function hiddenRequest (random: Random): string {
  const space = () => pick(random, ['', ' ', '\t', '\x0b', '\x0c', '\xa0', '\0', ' \r\n ', '\r\n\t'])
  const eol = () => pick(random, ['\r\n', '\r\n', '\n', '\r', '\r\r\n', '\n\r', '\0\r\n'])
  const name = (text: string) => pick(random, [text, text.toLowerCase(), text.toUpperCase(), ` ${text}`, `${text} `, `${text}\t`, `${text}\0`, `x\r\n${text}`, text.replace('-', '_')])
  switch (random(4)) {
    case 0: {
      // The length says that all is body; what is written about chunks says that it ends at once.
      const content = end + hidden
      const coding = pick(random, ['chunked', 'Chunked', 'xchunked', 'chunked, identity', 'identity, chunked', 'chunked,', ',chunked', '"chunked"', 'chunked;q=1', 'chun\tked', 'gzip, chunked'])
      const both = [length(content), `${name('Transfer-Encoding')}:${space()}${coding}${space()}`]
      return post(random(2) === 0 ? both : both.toReversed(), content)
    }
    case 1: {
      // One length says that all is body, another that nothing is.
      const other = pick(random, ['0', '+0', '-0', '00', '0x0', '0,0', `0, ${hidden.length}`, '', ' ', '0 0', '\0'])
      const both = [length(hidden), `${name('Content-Length')}:${space()}${other}`]
      return post(random(2) === 0 ? both : both.toReversed(), hidden)
    }
    case 2: {
      // A chunk of which the hidden request is the content, if its size is one.
      const size = hidden.length.toString(16)
      const odd = pick(random, [size, `0${size}`, `+${size}`, `-${size}`, `0x${size}`, `${size};`, `${size};a=0`, `${size};a="${'\n'}0"`, `${size} `, ` ${size}`, `${size}\t;x`, `${size};${'x'.repeat(17_000)}`, `${size.toUpperCase()}`, `1${'0'.repeat(16)}${size}`])
      return post([chunked], `${odd}${eol()}${hidden}${eol()}0${eol()}${eol()}`)
    }
    default: {
      // Line ends within the head, behind which more head may follow, or the body that the hidden request is in.
      const head = [`POST /render HTTP/1.1${eol()}Host: tutti${eol()}`, `${length(hidden)}\r\n`, `x:${space()}y\r\n\r\n`]
      return head.join('') + hidden
    }
  }
}
