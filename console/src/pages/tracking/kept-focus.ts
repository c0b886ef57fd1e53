// Keeps the focus where what has it goes away by itself: a row of a table that changes, a button, all of a table.
import { useLayoutEffect } from 'preact/hooks'
import type { RefObject } from 'preact'

/** Where in a part of the page the focus is. */
interface Spot {
  readonly element: HTMLElement
  /** Its row among those of its table, and its control among those of the row; undefined where it is in none. */
  readonly place: { readonly row: number, readonly control: number } | undefined
}

const controls = 'button, a[href], input, select'

/**
 * Moves the focus beside what had it and goes away when the component is drawn anew: to the row that has come in its place, or the one before; where there is none, to the table,
 * and without that to a heading. @param part - the part of the page, with one table at most that has controls @param heading - id of the heading @param onMoved - told which control of a row has gone
 */
export function useKeptFocus (part: RefObject<HTMLElement>, heading: string, onMoved?: (from: HTMLElement) => void): void {
  // What is drawn now is still the one before.
  const spot = spotIn(part.current)
  useLayoutEffect(() => {
    if (spot === undefined || (document.activeElement !== document.body && document.activeElement !== null)) return
    // A row that was only moved has lost it on the way.
    if (spot.element.isConnected) return spot.element.focus({ preventScroll: true })
    const target = neighbourOf(part.current, spot.place) ?? document.getElementById(heading)
    target?.focus()
    if (spot.place !== undefined) onMoved?.(spot.element)
  })
}

function spotIn (part: HTMLElement | null): Spot | undefined {
  const element = document.activeElement
  if (!(element instanceof HTMLElement) || part?.contains(element) !== true) return undefined
  const row = element.closest('tr')
  const body = row?.parentElement
  if (row === null || !(body instanceof HTMLTableSectionElement) || body.tagName !== 'TBODY') return { element, place: undefined }
  return { element, place: { row: [...body.rows].indexOf(row), control: [...row.querySelectorAll(controls)].indexOf(element) } }
}

function neighbourOf (part: HTMLElement | null, place: Spot['place']): HTMLElement | null | undefined {
  if (place === undefined) return undefined
  const table = part?.querySelector<HTMLTableElement>('table:has(tbody button)') ?? part?.querySelector('table')
  const rows = [...table?.tBodies[0]?.rows ?? []]
  // From its place upwards: some rows have nothing to press.
  for (const row of rows.slice(0, place.row + 1).reverse()) {
    const each = [...row.querySelectorAll<HTMLElement>(controls)]
    const control = each[Math.min(place.control, each.length - 1)]
    if (control !== undefined) return control
  }
  return rows.flatMap(row => [...row.querySelectorAll<HTMLElement>(controls)])[0] ?? table?.closest<HTMLElement>('[tabindex]')
}
