// The modules of the demonstration of devices do what they say, with nothing but WASI and the files that they are given.
import { File, OpenFile, PreopenDirectory, WASI } from '@bjorn3/browser_wasi_shim'
import t from 'tap'
import { functionsOf, gradient, translate } from '../../scripts/devices-demo/modules.ts'
import type { DemoModule } from '../../scripts/devices-demo/modules.ts'
import { analyse } from '../../lib/devices/modules/analysis.ts'

/** A fresh instance in a folder with these files. */
async function start (name: DemoModule, files: Record<string, Uint8Array<ArrayBuffer>> = {}) {
  const folder = new PreopenDirectory('.', new Map(Object.entries(files).map(([name, bytes]) => [name, new File(bytes)])))
  const nothing = () => new OpenFile(new File([]))
  const wasi = new WASI([], [], [nothing(), nothing(), nothing(), folder], { debug: false })
  const module = await WebAssembly.compile(await translate(name))
  const instance = await WebAssembly.instantiate(module, { wasi_snapshot_preview1: wasi.wasiImport })
  wasi.inst = instance as typeof wasi.inst
  const exports = instance.exports as Record<string, unknown>
  return {
    call: (func: string, ...given: unknown[]) => (exports[func] as (...given: unknown[]) => unknown)(...given),
    file: (name: string) => {
      const file = folder.dir.contents.get(name)
      return file instanceof File ? Buffer.from(file.data) : undefined
    }
  }
}

const picture = (text: string) => Uint8Array.from(Buffer.from(text, 'latin1'))

t.test('functions of numbers', async t => {
  const { call } = await start('numbers')
  t.equal(call('add1', 41), 42)
  t.equal(call('half', 5), 2.5)
  t.equal(call('square', 3_000_000_001n), 9_000_000_006_000_000_001n, 'beyond what doubles hold')
  t.same([0, 1, 129, 255].map(brightness => call('percent', brightness)), [0, 0, 51, 100])
  t.throws(() => call('trap'), { name: 'RuntimeError' })
})

t.test('a picture becomes its negative, pixel by pixel', async t => {
  const given = gradient(64, 48)
  const { call, file } = await start('picture', { picture: given })
  call('invert')
  const header = given.length - 64 * 48
  t.same(file('negative'), Buffer.from(given.map((byte, at) => at < header ? byte : 255 - byte)))
  t.equal(call('brightness'), 129)
})

t.test('pictures with comments and other blanks are read', async t => {
  const { call } = await start('picture', { negative: picture('P5 # one\n#two\n\t2\r\n 2 255\n\x00\xff\x10\x11') })
  t.equal(call('brightness'), 72)
})

t.test('what is no such picture fails', async t => {
  const wrong = ['', 'P5', 'P5\n', 'P6\n1 1\n255\nx', 'P5\n1 1\n65535\nx', 'P5\n2 1\n255\nx', 'P5\n1 1\n255\nxx', 'P5\n0 0\n255\n', 'P5\n65536 65536\n255\n', 'P5\n99999999999 1\n255\nx', 'P5 #', 'P51 1 255\nx', 'P5\n-1 -1\n255\nx']
  for (const text of wrong) {
    const { call, file } = await start('picture', { picture: picture(text) })
    t.throws(() => call('invert'), { name: 'RuntimeError' }, JSON.stringify(text))
    t.equal(file('negative'), undefined)
  }
  const { call } = await start('picture')
  t.throws(() => call('invert'), { name: 'RuntimeError' }, 'no file')
})

t.test('a picture that does not fit into its memory fails', async t => {
  const { call } = await start('picture', { picture: gradient(1024, 1024) })
  t.throws(() => call('invert'), { name: 'RuntimeError' })
})

t.test('all functions that are described are there', async t => {
  for (const name of ['numbers', 'picture'] as const) {
    const { exports } = analyse(await translate(name))
    t.same(exports.map(({ name }) => name).sort(), Object.keys(functionsOf[name]).sort())
  }
})
