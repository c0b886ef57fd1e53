// What the demonstration shows: lines that can be read aloud as they come, or, in a terminal, two small pictures that move above the same lines.

/** A box as the operator has got it. */
export interface Box {
  boxId: number
  /** Left, top, right and bottom edge, as shares of width and height. */
  rect: [number, number, number, number]
  kind: string
  certainty: number
  /** Number of the object that it shows; undefined where it shows none that is tracked. */
  objectId: number | undefined
}

/** Where the demonstration is shown. */
export interface View {
  /** Something has happened. */
  say (event: string): void
  /** A camera sees these boxes now, and none of those before. */
  boxes (camera: string, boxes: readonly Box[]): void
  /** An object is tracked no longer. */
  forget (objectId: number): void
  /** Nothing follows. */
  end (): void
}

/** Where a place of something is told again, in milliseconds: nobody can listen to every frame. */
const pause = 2000

/**
 * Lines with a time before them: what happens, how many shapes a camera sees whenever that changes, and where a tracked object is whenever that changes.
 * @param write - takes a line without its end
 */
export function createLines (write: (line: string) => void, now: () => number = () => performance.now()): View {
  const begun = now()
  const say = (event: string) => write(`${((now() - begun) / 1000).toFixed(1).padStart(5)} s  ${event}`)
  const summaries = new Map<string, { text: string, at: number }>()
  const places = new Map<string, { place: string, at: number }>()
  return {
    say,
    boxes (camera, boxes) {
      const text = summary(boxes)
      const known = summaries.get(camera)
      if (known === undefined || (known.text !== text && now() - known.at >= pause)) {
        summaries.set(camera, { text, at: now() })
        say(`camera ${camera} sees ${text}`)
      }
      for (const { kind, rect, objectId } of boxes) {
        if (objectId === undefined) continue
        const key = `${objectId} ${camera}`
        const last = places.get(key)
        const place = placeOf(rect)
        if (last !== undefined && (last.place === place || now() - last.at < pause)) continue
        places.set(key, { place, at: now() })
        say(`object ${objectId} (${kind}) is at the ${place} of camera ${camera}`)
      }
    },
    forget (objectId) {
      for (const key of places.keys()) if (key.startsWith(`${objectId} `)) places.delete(key)
    },
    end () {}
  }
}

/** Boxes in words, such as `2 circles, 1 square`. */
function summary (boxes: readonly Box[]): string {
  const counts = Map.groupBy(boxes, ({ kind }) => kind)
  const parts = [...counts].toSorted(([a], [b]) => a.localeCompare(b)).map(([kind, { length }]) => `${length} ${kind}${length === 1 ? '' : 's'}`)
  return parts.length === 0 ? 'nothing' : parts.join(', ')
}

/** Where a box is, in words. */
export function placeOf ([left, top, right, bottom]: Box['rect']): string {
  const third = (at: number) => Math.min(2, Math.max(0, Math.floor(at * 3)))
  const vertical = ['top', '', 'bottom'][third((top + bottom) / 2)] ?? ''
  const horizontal = ['left', '', 'right'][third((left + right) / 2)] ?? ''
  return `${vertical} ${horizontal}`.trim() || 'centre'
}

const columns = 46
const rows = 14

/** Lines shown below the pictures. */
const shownLines = 10

/**
 * Pictures of all cameras, side by side, and the last lines below, drawn anew in place. Tracked objects are drawn with their numbers, others with the first letters of what they are.
 * @param write - takes text for a terminal
 */
export function createPictures (write: (text: string) => void): View {
  const pictures = new Map<string, string[]>()
  const lines: string[] = []
  const view = createLines(line => {
    lines.push(line)
    if (lines.length > shownLines) lines.shift()
    draw()
  })
  const draw = () => {
    const sides = [...pictures]
    const titles = sides.map(([camera]) => `camera ${camera}`.padEnd(columns)).join('  ')
    const body = Array.from({ length: rows }, (_, row) => sides.map(([, picture]) => picture[row] ?? '').join('  '))
    // Home, each line cleared to its end, the rest of the screen cleared.
    write(`\u001b[H${[titles, ...body, '', ...lines].map(line => `${line}\u001b[K\n`).join('')}\u001b[J`)
  }
  write('\u001b[2J')
  return {
    say: view.say,
    boxes (camera, boxes) {
      pictures.set(camera, paint(boxes))
      view.boxes(camera, boxes)
      draw()
    },
    forget: view.forget,
    end: draw
  }
}

function paint (boxes: readonly Box[]): string[] {
  const cells = Array.from({ length: rows }, () => Array.from({ length: columns }, () => '.'))
  for (const { rect: [left, top, right, bottom], kind, objectId } of boxes) {
    const letter = objectId === undefined ? kind.slice(0, 1) : String(objectId % 10)
    for (let row = Math.floor(top * rows); row < Math.ceil(bottom * rows); row++) {
      for (let column = Math.floor(left * columns); column < Math.ceil(right * columns); column++) {
        const line = cells[row]
        if (line?.[column] !== undefined) line[column] = letter
      }
    }
  }
  return cells.map(line => line.join(''))
}
