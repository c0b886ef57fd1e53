// Keeps the focus where what has it goes away by itself: a row of a table that changes, a button, all of a table.
import { useLayoutEffect } from 'preact/hooks'
import type { RefObject } from 'preact'

/** What has the focus. */
interface Spot {
  readonly element: HTMLElement
  /** Its table, its row among those, and its control among those of the row; undefined where it is in none. */
  readonly place: { readonly table: HTMLTableElement, readonly row: number, readonly control: number } | undefined
}

const controls = 'button, a[href], input, select'

const controlsOf = (row: HTMLTableRowElement) => [...row.querySelectorAll<HTMLElement>(controls)]

/**
 * Moves the focus beside what had it and goes away when the component is drawn anew: to the row that has come in its place, or the one before; without such a row to the table,
 * without that to a heading. @param part - the part of the page @param heading - id of the heading @param onMoved - told which control of a row has gone
 */
export function useKeptFocus (part: RefObject<HTMLElement>, heading: string, onMoved?: (from: HTMLElement) => void): void {
  // What is drawn now is still the one before.
  const spot = spotIn(part.current)
  useLayoutEffect(() => {
    if (spot === undefined || (document.activeElement !== document.body && document.activeElement !== null)) return
    // A row that was only moved has lost it on the way.
    if (spot.element.isConnected) return spot.element.focus({ preventScroll: true })
    const target = neighbourOf(spot.place) ?? document.getElementById(heading)
    target?.focus()
    if (spot.place !== undefined) onMoved?.(spot.element)
  })
}

function spotIn (part: HTMLElement | null): Spot | undefined {
  const element = document.activeElement
  if (!(element instanceof HTMLElement) || part?.contains(element) !== true) return undefined
  const row = element.closest<HTMLTableRowElement>('tbody tr')
  const table = row?.closest('table')
  if (row === null || table === null || table === undefined) return { element, place: undefined }
  return { element, place: { table, row: row.sectionRowIndex, control: controlsOf(row).indexOf(element) } }
}

function neighbourOf (place: Spot['place']): HTMLElement | undefined {
  if (place?.table.isConnected !== true) return undefined
  const rows = [...place.table.tBodies].flatMap(body => [...body.rows])
  const [before, after] = [rows.slice(0, place.row + 1).reverse(), rows.slice(place.row + 1)]
  // Some rows have nothing to press.
  const nearest = [...before, ...after].map(controlsOf).find(each => each.length > 0)
  return nearest?.[Math.min(place.control, nearest.length - 1)] ?? place.table.closest<HTMLElement>('[tabindex]') ?? undefined
}
