// Writes lib/diffraction/pixels/font.ts from the X11 font 9x15 bold: `node scripts/diffraction-font.ts /usr/share/fonts/X11/misc/9x15B.pcf.gz`, a file of Debian's
// package xfonts-base. It is needed again only if the font changes, which it has not done since 1998.
import { readFileSync, writeFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'

const [, , path = '/usr/share/fonts/X11/misc/9x15B.pcf.gz'] = process.argv
const width = 9
const height = 15
const first = 32
const last = 126

// Portable Compiled Format of X11: https://fontforge.org/docs/techref/pcf-format.html
const file = gunzipSync(readFileSync(path))
if (file.toString('latin1', 0, 4) !== '\x01fcp') throw new Error(`${path} is no font in PCF.`)

interface Table { format: number, at: number, word: (at: number) => number, half: (at: number) => number }

function table (type: number): Table {
  for (let entry = 0; entry < file.readUInt32LE(4); entry++) {
    const at = 8 + 16 * entry
    if (file.readUInt32LE(at) !== type) continue
    const start = file.readUInt32LE(at + 12)
    const format = file.readUInt32LE(start)
    const isBig = (format & 4) !== 0
    return {
      format,
      at: start + 4,
      word: where => isBig ? file.readUInt32BE(where) : file.readUInt32LE(where),
      half: where => isBig ? file.readInt16BE(where) : file.readInt16LE(where)
    }
  }
  throw new Error(`${path} has no table ${type}.`)
}

/** Bearings and ascent of a glyph. */
function metricsOf (glyph: number): { left: number, right: number, ascent: number, descent: number } {
  const { format, at, half } = table(4)
  if ((format & 0x100) !== 0) {
    const byte = (index: number) => file[at + 2 + 5 * glyph + index]! - 0x80
    return { left: byte(0), right: byte(1), ascent: byte(3), descent: byte(4) }
  }
  const start = at + 4 + 12 * glyph
  return { left: half(start), right: half(start + 2), ascent: half(start + 6), descent: half(start + 8) }
}

/** Whether a pixel of a glyph is set, from its upper left corner. */
function isSet (glyph: number, x: number, y: number): boolean {
  const { format, at, word } = table(8)
  const count = word(at)
  const start = at + 4 + 4 * count + 16 + word(at + 4 + 4 * glyph)
  const { left, right } = metricsOf(glyph)
  const pad = 1 << (format & 3)
  const stride = Math.ceil(Math.ceil((right - left) / 8) / pad) * pad
  const unit = 1 << (format >> 4 & 3)
  const isSwapped = (format & 4) !== (format & 8) >> 1
  const byte = isSwapped ? (x >> 3) ^ (unit - 1) : x >> 3
  const bits = file[start + y * stride + byte]!
  return (format & 8) !== 0 ? (bits >> (7 - x % 8) & 1) === 1 : (bits >> (x % 8) & 1) === 1
}

function glyphOf (code: number): number {
  const { at, half } = table(32)
  const [lowest, highest, rows] = [half(at), half(at + 2), half(at + 4)]
  if (rows !== 0 || code < lowest || code > highest) throw new Error(`${path} has no character ${code}.`)
  return half(at + 10 + 2 * (code - lowest)) & 0xffff
}

const ascent = 12
const lines = Array.from({ length: last - first + 1 }, (_, index) => {
  const glyph = glyphOf(first + index)
  const metrics = metricsOf(glyph)
  const rows = Array.from({ length: height }, (_, row) => {
    let bits = 0
    for (let x = 0; x < width; x++) {
      const [inX, inY] = [x - metrics.left, row - (ascent - metrics.ascent)]
      const isInside = inX >= 0 && inX < metrics.right - metrics.left && inY >= 0 && inY < metrics.ascent + metrics.descent
      if (isInside && isSet(glyph, inX, inY)) bits |= 1 << (width - 1 - x)
    }
    return bits.toString(16).padStart(3, '0')
  })
  return `  '${rows.join('')}'${index < last - first ? ',' : ''} // ${String.fromCharCode(first + index)}`.trimEnd()
})

writeFileSync(new URL('../lib/diffraction/pixels/font.ts', import.meta.url), `// The X11 font 9x15 bold (-misc-fixed-bold-r-normal--15-140-75-75-c-90-iso10646-1), which is in the public domain: "Public domain font. Share and enjoy."
// Made by scripts/diffraction-font.ts from Debian's package xfonts-base.

/** Pixels from one character to the next. */
export const characterWidth = ${width}

/** Rows of a character. */
export const characterHeight = ${height}

/** Code of the first character that there is. */
export const firstCharacter = ${first}

/** Characters from the first on: row by row three hexadecimal digits, whose lowest ${width} bits are the pixels from left to right. */
export const glyphs: readonly string[] = [
${lines.join('\n')}
]
`)
