// The loops in WebAssembly do what plain ones do, at every length and place, and are those of their source.
import { readFileSync } from 'node:fs'
import t from 'tap'
import { aligned, simdOfThread } from '../../../../lib/diffraction/simd/simd.ts'
import { generator } from '../numbers.ts'
import { translate } from '../../../../scripts/build-simd.ts'

const simd = simdOfThread()

t.test('simd.wasm is what simd.wat says', async t => {
  t.strictSame([...await translate()], [...readFileSync(new URL('../../../../lib/diffraction/simd/simd.wasm', import.meta.url))], 'npm run build:simd has been run')
})

t.test('planes become counts of 8, 16 and 32 bits', async t => {
  const random = generator(1)
  for (const size of [1, 2, 4]) {
    for (const row of [16, 32, 256, 1024]) {
      const number = row * 8
      const expected = Array.from({ length: number }, () => random() >>> (32 - 8 * size + random() % (8 * size)))
      const [turned, out] = [number * size, number * (size + 1)]
      const memory = new Uint8Array(simd.memory(number * (2 * size + 1)))
      memory.subarray(0, turned).fill(0)
      expected.forEach((count, i) => {
        for (let bit = 0; bit < 8 * size; bit++) memory[bit * row + (i >> 3)]! |= (count >>> bit & 1) << (i & 7)
      })
      simd.joinPlanes(0, row, size, turned, out)
      const counts = size === 1 ? new Uint8Array(memory.buffer, out, number) : size === 2 ? new Uint16Array(memory.buffer, out, number) : new Uint32Array(memory.buffer, out, number)
      t.ok(expected.every((count, i) => count === counts[i]), `${number} counts of ${size} bytes`)
    }
  }
})

t.test('a line is raised to the maxima of rows, and boxes to those of columns', async t => {
  const random = generator(2)
  for (const size of [2, 4]) {
    for (const [width, rows, boxes] of [[5, 1, 3], [16, 2, 16], [33, 5, 9], [100, 16, 7]] as const) {
      const most = size === 2 ? 0xffff : 0xffffffff
      const row = aligned(width * size)
      const line = row * rows
      const starts = aligned(line + 4 * row)
      const [ends, maxima, overloaded] = [1, 2, 3].map(each => starts + each * aligned(4 * boxes)) as [number, number, number]
      const memory = simd.memory(overloaded + boxes)
      new Uint8Array(memory, line, 4 * row).fill(0)
      const counts = Array.from({ length: rows }, () => Array.from({ length: width }, () => random() % 11 === 0 ? most : (random() & most) >>> random() % 20))
      counts.forEach((each, index) => { (size === 2 ? new Uint16Array(memory, index * row, width) : new Uint32Array(memory, index * row, width)).set(each) })
      const ranges = Array.from({ length: boxes }, (_, box) => [Math.floor(box * width / boxes), box % 4 === 3 ? Math.floor(box * width / boxes) : Math.min(width, Math.ceil((box + 1) * width / boxes) + 1)])
      new Int32Array(memory, starts, boxes).set(ranges.map(([start]) => start!))
      new Int32Array(memory, ends, boxes).set(ranges.map(([, end]) => end!))
      for (let index = 0; index < rows; index += 3) (size === 2 ? simd.raise16 : simd.raise32)(Math.min(3, rows - index), row, index * row, line)
      simd.boxMaxima(line, starts, ends, boxes, most, maxima, overloaded)
      const expected = ranges.map(([start, end]) => Math.max(0, ...counts.flatMap(each => each.slice(start, end))))
      t.strictSame([...new Uint32Array(memory, maxima, boxes)], expected, `${width} columns of ${size} bytes`)
      t.strictSame([...new Uint8Array(memory, overloaded, boxes)], expected.map(each => each === most ? 1 : 0))
    }
  }
})

t.test('counts are added up, and those above a level counted, from any place and for any length', async t => {
  const random = generator(4)
  for (let length = 0; length < 40; length++) {
    for (const overload of [0xffff, 0xffffffff]) {
      const counts = Array.from({ length }, () => random() % 5 === 0 ? overload : random() >>> (16 + random() % 16))
      const at = 64 + 4 * (length % 5)
      const memory = simd.memory(1024)
      new Uint32Array(memory, at, length).set(counts)
      const totals = new DataView(memory, 0, 32)
      for (let byte = 0; byte < 32; byte += 8) totals.setFloat64(byte, 0)
      totals.setUint32(24, 0xffffffff)
      // Twice, so that what is there is added to.
      simd.addUp(at, at + 4 * length, overload, 0)
      simd.addUp(at, at + 4 * length, overload, 0)
      const seen = counts.filter(count => count !== overload)
      const sum = (numbers: number[]) => numbers.reduce((total, each) => total + each, 0)
      t.strictSame(
        [totals.getFloat64(0, true), totals.getFloat64(8, true), totals.getFloat64(16, true), totals.getUint32(24, true), totals.getUint32(28, true)],
        [2 * seen.length, 2 * sum(seen), 2 * sum(seen.map(each => each * each)), Math.min(0xffffffff, ...seen), Math.max(0, ...seen)], `${length} counts`)
      const level = random() >>> 17
      t.equal(simd.countAbove(at, at + 4 * length, level), counts.filter(count => count > level).length)
    }
  }
})

t.test('colours are those of a table, in one byte and in three', async t => {
  const random = generator(5)
  for (const channels of [1, 3]) {
    for (const length of [0, 1, 2, 7, 64]) {
      const table = Array.from({ length: 10 }, () => random() | 0)
      const counts = Array.from({ length }, () => random() % 4 === 0 ? 0xffffffff : random() % 14)
      const memory = simd.memory(1024)
      new Int32Array(memory, 0, 10).set(table)
      new Uint32Array(memory, 64, length).set(counts)
      simd.colours(64, 64 + 4 * length, 0, 9, channels, 512)
      const expected = counts.flatMap(count => Array.from({ length: channels }, (_, channel) => table[Math.min(count, 9)]! >>> 8 * channel & 255))
      t.strictSame([...new Uint8Array(memory, 512, channels * length)], expected, `${length} counts, ${channels} channels`)
    }
  }
})
