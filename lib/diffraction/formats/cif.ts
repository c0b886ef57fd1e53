// The text of CIF (Crystallographic Information File), as far as headers of frames need it: items with their values, in loops and alone.
// Specified in International Tables for Crystallography G, 2.2 (https://www.iucr.org/resources/cif/spec/version1.1).

/** Values of items, row by row, by the name of the item in lower case. */
export type CifItems = ReadonlyMap<string, readonly string[]>

/** A text field between semicolons, a quoted value no longer than a line may be, a comment, or a word; written so that time is linear. */
const tokens = /^;([^]*?)\r?\n;|'((?:[^'\r\n]|'(?=\S)){0,2048})'|"((?:[^"\r\n]|"(?=\S)){0,2048})"|#[^\r\n]*|(\S+)/gm

/** Reads the items of a text. What is no CIF gives items as far as it can be understood; nothing is thrown. */
export function readCif (source: string): CifItems {
  const items = new Map<string, string[]>()
  const columnOf = (name: string) => {
    const column = items.get(name) ?? []
    items.set(name, column)
    return column
  }
  // Names of the loop, or of the item, whose values come now.
  let columns: string[][] = []
  let values = 0
  let isLoop = false
  for (const [, field, single, double, word] of source.matchAll(tokens)) {
    const quoted = field ?? single ?? double
    if (quoted === undefined && word === undefined) continue
    if (word?.startsWith('_')) {
      // A name after values begins something new.
      if (!isLoop || values > 0) {
        columns = []
        isLoop = false
      }
      columns.push(columnOf(word.toLowerCase()))
      values = 0
    } else if (word !== undefined && /^(loop_$|data_|save_|global_$|stop_$)/i.test(word)) {
      columns = []
      values = 0
      isLoop = word.toLowerCase() === 'loop_'
    } else {
      if (columns.length > 0 && (isLoop || values === 0)) columns[values % columns.length]?.push(quoted ?? word ?? '')
      values++
    }
  }
  return items
}

/** The first value of an item; undefined where there is none, or it is left open (`.` or `?`). */
export function firstValue (items: CifItems, name: string): string | undefined {
  return valueAt(items, name, 0)
}

/** The value of an item in a row; undefined where there is none, or it is left open. */
export function valueAt (items: CifItems, name: string, row: number): string | undefined {
  const value = items.get(name)?.[row]
  return value === '.' || value === '?' ? undefined : value
}

/** Rows in which an item has a value. */
export function rowsWith (items: CifItems, name: string, value: string): number[] {
  return (items.get(name) ?? []).flatMap((each, row) => each === value ? [row] : [])
}
