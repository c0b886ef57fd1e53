// The scanner of JSON members: against tables, against JSON.parse on random texts, and against the clock.
import assert from 'node:assert/strict'
import t from 'tap'
import fc from 'fast-check'
import { scanElements, scanMembers } from '../../../lib/json/members.ts'
import { arrayText, createRandom, objectText, pad } from '../../fixtures/json/random-text.ts'
import { figure, sized } from '../../long.ts'

const seeds = [fc.nat(), fc.integer({ min: 0, max: 5 })] as const

function membersOf (text: string): Array<[string, string]> {
  const bytes = Buffer.from(text)
  return scanMembers(bytes).map(({ key, valueStart, valueEnd }) => [key, bytes.toString('utf8', valueStart, valueEnd)])
}

t.test('finds keys and values of every kind, without the whitespace around them', async (t) => {
  const table: Array<[string, Array<[string, string]>]> = [
    ['{}', []],
    [' \t\r\n{ \n } ', []],
    ['{"a":1}', [['a', '1']]],
    [' { "a" : -1.5e+3 , "b" : null } ', [['a', '-1.5e+3'], ['b', 'null']]],
    ['{"a":true,"b":false,"c":"x"}', [['a', 'true'], ['b', 'false'], ['c', '"x"']]],
    ['{"a":{"a":{"b":[]}},"b":[{},[1,"]"]]}', [['a', '{"a":{"b":[]}}'], ['b', '[{},[1,"]"]]']]],
    ['{"":"","a":"}{,:"}', [['', '""'], ['a', '"}{,:"']]],
    ['{"a":1,"a":2}', [['a', '1'], ['a', '2']]],
    ['{"10":1,"2":2}', [['10', '1'], ['2', '2']]],
    ['{"é😀":"漢"}', [['é😀', '"漢"']]],
    ['{"__proto__":{"a":1}}', [['__proto__', '{"a":1}']]]
  ]
  for (const [text, members] of table) t.strictSame(membersOf(text), members, text)
})

t.test('gives keys unescaped', async (t) => {
  t.strictSame(membersOf('{"\\u0067raphic":1,"\\"\\\\\\/":2,"\\ud83d\\ude00":3,"\\ud800":4}').map(([key]) => key), ['graphic', '"\\/', '😀', '\ud800'])
})

t.test('reads escaped keys right where JSON.parse has been led astray by an earlier text', async (t) => {
  // https://github.com/nodejs/node/issues/63785: in Node 24 the second text would read as having a key of one backslash.
  JSON.parse('{"astray":0,"\\\\":0}')
  t.strictSame(membersOf('{"astray":0,"\\"":0,"\\n":0,"\\\\":0}').map(([key]) => key), ['astray', '"', '\n', '\\'])
})

t.test('tells an escaped quote from a closing one, whatever the number of backslashes and the length of the string', async (t) => {
  for (const length of [0, 1, 61, 62, 63, 64, 65, 127, 128, 129, 1000]) {
    for (let slashes = 0; slashes < 9; slashes++) {
      const value = 'x'.repeat(length) + '\\'.repeat(slashes) + (slashes % 2 ? '"' : '')
      t.strictSame(membersOf(`{"${value}":"${value}","b":"\\""}`), [[JSON.parse(`"${value}"`), `"${value}"`], ['b', '"\\""']])
    }
  }
})

t.test('gives offsets of the whole buffer for a range of it, and looks at nothing outside', async (t) => {
  const bytes = Buffer.from('"{,{"a" : [1 , 2]},"}')
  t.strictSame(scanMembers(bytes, 3, 18), [{ key: 'a', keyStart: 4, valueStart: 10, valueEnd: 17 }])
  t.strictSame(scanElements(bytes, 10, 17), [{ valueStart: 11, valueEnd: 12 }, { valueStart: 15, valueEnd: 16 }])
  t.throws(() => scanMembers(bytes, 3, 17), { name: 'JsonScanError' })
})

t.test('finds the elements of arrays', async (t) => {
  for (const elements of [[], ['1'], ['"]"', '[[],[]]', '{"a":[1,2]}', 'null']]) {
    const bytes = Buffer.from(` [ ${elements.join(' , ')} ] `)
    t.strictSame(scanElements(bytes).map(({ valueStart, valueEnd }) => bytes.toString('utf8', valueStart, valueEnd)), elements)
  }
})

t.test('throws a named error where the text is not what was promised', async (t) => {
  const objects = ['', ' ', '{', '}', '[]', '1', '"a"', 'null', '{"a', '{"a"', '{"a":', '{"a":}', '{"a":1', '{"a":1,', '{"a":1,}', '{"a":,"b":1}', '{"a" 1}', '{a:1}', '{"a":1}}', '{"a":1} x',
    '{"a":"', '{"a":"\\', '{"a":"\\"}', '{"a":[1}', '{"a":{"b":1}', '{"\\x":1}', '{"\\u12":1}', '{"a\nb\\n":1}', '{"a":1 "b":2}']
  for (const text of objects) t.throws(() => scanMembers(Buffer.from(text)), { name: 'JsonScanError', offset: Number }, text)
  for (const text of ['', '[', '{}', '[1', '[1,', '[1,]', '[,1]', '[1 2]', '[1]]', '["]']) t.throws(() => scanElements(Buffer.from(text)), { name: 'JsonScanError' }, text)
  const bytes = Buffer.from('{}')
  for (const [start, end] of [[-1, 2], [0, 3], [2, 1], [NaN, 2], [0, NaN]] as const) t.throws(() => scanMembers(bytes, start, end), { name: 'JsonScanError' })
})

t.test('agrees with JSON.parse on random objects', async t => {
  const cases = sized(40_000, 10_000_000)
  fc.assert(fc.property(...seeds, (seed, size) => {
    const random = createRandom(seed)
    const text = pad(random, objectText(random, size))
    // What surrounds the object must not matter; a quote or a backslash would matter most.
    const before = Buffer.from('"\\'.slice(0, random(3)))
    const bytes = Buffer.concat([before, Buffer.from(text), Buffer.from('\\"}')])
    const found = new Map<string, unknown>()
    let last = before.length
    for (const { key, keyStart, valueStart, valueEnd } of scanMembers(bytes, before.length, bytes.length - 3)) {
      const value = bytes.toString('utf8', valueStart, valueEnd)
      assert.equal(bytes[keyStart], 0x22)
      assert.equal(value, value.trim())
      assert(last < keyStart && keyStart < valueStart && valueStart < valueEnd)
      assert.match(bytes.toString('utf8', last, keyStart), /^\s*[{,]\s*$/)
      last = valueEnd
      found.set(key, JSON.parse(value))
    }
    assert.deepEqual(Object.fromEntries(found), JSON.parse(text))
  }), { numRuns: cases })
  figure(t, 'members', `${cases} objects, their members where JSON.parse has them`)
})

t.test('agrees with JSON.parse on random arrays', async t => {
  const cases = sized(10_000, 5_000_000)
  fc.assert(fc.property(...seeds, (seed, size) => {
    const random = createRandom(seed)
    const text = pad(random, arrayText(random, size))
    const bytes = Buffer.from(text)
    assert.deepEqual(scanElements(bytes).map(({ valueStart, valueEnd }) => JSON.parse(bytes.toString('utf8', valueStart, valueEnd))), JSON.parse(text))
  }), { numRuns: cases })
  figure(t, 'members', `${cases} arrays, their elements where JSON.parse has them`)
})

t.test('on damaged texts gives ranges within them or throws its error, nothing else', async t => {
  const cases = sized(10_000, 5_000_000)
  fc.assert(fc.property(...seeds, (seed, size) => {
    const random = createRandom(seed)
    let bytes = Buffer.from(objectText(random, size))
    for (let damages = 1 + random(3); damages > 0 && bytes.length > 0; damages--) {
      const at = random(bytes.length)
      if (random(3) === 0) bytes = bytes.subarray(0, at)
      else bytes[at] = random(2) === 0 ? random(256) : (bytes[random(bytes.length)] ?? 0)
    }
    try {
      let last = 0
      for (const { keyStart, valueStart, valueEnd } of scanMembers(bytes)) {
        assert(last < keyStart && keyStart < valueStart && valueStart < valueEnd && valueEnd < bytes.length)
        last = valueEnd
      }
    } catch (error) {
      assert(error instanceof RangeError && error.name === 'JsonScanError', String(error))
    }
  }), { numRuns: cases })
  figure(t, 'members', `${cases} damaged texts, nothing outside them`)
})

t.test('takes time in proportion to the length of the text', async (t) => {
  const texts: Record<string, (size: number) => string> = {
    'a long string': (size) => `{"a":"${'A'.repeat(size * 40)}"}`,
    'escaped quotes': (size) => `{"a":"${'\\"'.repeat(size)}"}`,
    'escaped quotes as far apart as a search reaches for': (size) => `{"a":"${('A'.repeat(64) + '\\"').repeat(size / 16)}"}`,
    'escaped backslashes': (size) => `{"a":"${'\\\\'.repeat(size)}"}`,
    'escaped backslashes behind what is read byte by byte': (size) => `{"a":"${'A'.repeat(64)}${'\\\\'.repeat(size)}"}`,
    'an escaped key': (size) => `{"${'\\"'.repeat(size)}":1}`,
    'nested arrays': (size) => `{"a":${'['.repeat(size)}${']'.repeat(size)}}`,
    'nested objects': (size) => `{"a":${'{"a":'.repeat(size / 2)}1${'}'.repeat(size / 2)}}`,
    'many members': (size) => `{${'"a":1,'.repeat(size / 8)}"b":"${'\\"'.repeat(size)}"}`,
    'many short strings': (size) => `{"a":[${'"b",'.repeat(size / 4)}1]}`,
    whitespace: (size) => `{${' '.repeat(size)}"a"${' '.repeat(size)}:1${' '.repeat(size)}}`
  }
  for (const [name, text] of Object.entries(texts)) {
    const once = Buffer.from(text(500_000))
    const twice = Buffer.from(text(1_000_000))
    // Quadratic work would take four times as long, however often it is tried; a busy machine does not disturb every try.
    let onceBest = Infinity
    let twiceBest = Infinity
    for (let tries = 0; tries < 60 && (tries < 5 || twiceBest / onceBest > 2.5); tries++) {
      onceBest = Math.min(onceBest, time(() => scanMembers(once)))
      twiceBest = Math.min(twiceBest, time(() => scanMembers(twice)))
    }
    const ratio = twiceBest / onceBest
    t.ok(ratio <= 2.8, `${name}: twice the text, ${ratio.toFixed(2)} times as long`)
  }
})

function time (work: () => unknown): number {
  const start = performance.now()
  work()
  return performance.now() - start
}
