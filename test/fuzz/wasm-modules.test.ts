// WebAssembly modules, damaged: each is read, or refused by its code, and what the engine takes is read as the engine sees it.
import assert from 'node:assert/strict'
import t from 'tap'
import { DevicesError } from '../../lib/devices/devices-error.ts'
import { analyse } from '../../lib/devices/modules/analysis.ts'
import { damage } from '../fixtures/json/damage.ts'
import { createRandom, pick } from '../fixtures/json/random-text.ts'
import { assembled, moduleOf, primitive, section } from '../lib/devices/modules/wat.ts'
import { figure, sized } from '../long.ts'

/** What the types of Node leave out. */
interface Engine {
  validate (bytes: Uint8Array): boolean
  Module: (new (bytes: Uint8Array) => object) & Record<'imports' | 'exports', (module: object) => Array<{ module?: string, name: string, kind: string }>>
}

const engine = WebAssembly as unknown as Engine
const cases = sized(2000, 500_000)
const pieces = ['\u0000asm', '\u0001\u0000\u0000\u0000', '\u007f', '\u0060', '\u0000', '\u0001', '\u0002', '\u0003', '\u0005', '\u0007', '\u000b', '\u007f\u007f\u007f\u007f', 'x'.repeat(200)]

t.test('a damaged module is read as the engine sees it, or refused by its code', async t => {
  const valid = [
    await moduleOf(primitive),
    await moduleOf('(module (import "sys" "millis" (func $m (result i32))) (import "env" "g" (global i32)) (memory (export "memory") 1 9) (table 3 funcref) (func $s) (start $s) (elem (i32.const 0) $s) (data (i32.const 8) "hello") (func (export "go") (param i64 f64) (result i32) call $m))'),
    assembled(section(1, 2, 0x4e, 2, 0x50, 0, 0x5f, 1, 0x63, 0, 1, 0x60, 1, 0x7e, 0, 0x60, 0, 0), section(3, 1, 1), section(7, 1, 1, 0x61, 0, 0), section(10, 1, 2, 0, 0x0b))
  ]
  for (const bytes of valid) t.ok(engine.validate(bytes))
  const seed = Number(process.env.TEST_SEED ?? Math.floor(Math.random() * 1e9))
  t.comment(`TEST_SEED=${seed}`)
  const kinds = new Map([['global', 'global'], ['memory', 'memory'], ['table', 'table'], ['function', 'function'], ['tag', 'tag']])
  let [read, agreed] = [0, 0]
  for (let number = 0; number < cases; number++) {
    const random = createRandom((seed + number) * 2)
    const bytes = Buffer.from(damage(random, pick(random, valid), pieces))
    const isValid = engine.validate(bytes)
    try {
      const { requirements, exports } = analyse(bytes)
      read++
      if (!isValid) continue
      const module = new engine.Module(bytes)
      assert.deepEqual(requirements.map(({ module, name, kind }) => ({ module, name, kind })), engine.Module.imports(module).map(({ module, name, kind }) => ({ module, name, kind: kinds.get(kind) })), `seed ${seed + number}`)
      assert.deepEqual(exports.map(({ name }) => name), engine.Module.exports(module).filter(({ kind }) => kind === 'function').map(({ name }) => name), `seed ${seed + number}`)
      agreed++
    } catch (error) {
      assert(error instanceof DevicesError && error.code === 'MODULE_BROKEN' && error.message.length < 1000, `seed ${seed + number}: ${String(error)}`)
      assert(!isValid || /references that no device can give|more than \d+/.test(error.message), `seed ${seed + number}: the engine takes it: ${error.message}`)
    }
  }
  figure(t, 'WebAssembly modules', `${cases} damaged modules, ${read} of them read, ${agreed} as valid ones`)
  t.ok(read > cases / 100 && agreed > 0 && read < cases)
})
