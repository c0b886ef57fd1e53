// A table with a caption, whose columns can be sorted, and which scrolls by itself where it is too wide.
import type { ComponentChildren } from 'preact'
import { useId, useState } from 'preact/hooks'
import { language } from '../lib/texts.ts'
import { texts } from '../texts.ts'

/** A column. */
export interface Column<Row> {
  readonly key: string
  readonly header: string
  readonly cell: (row: Row) => ComponentChildren
  /** What rows are sorted by; without it they cannot be. */
  readonly sortBy?: (row: Row) => string | number
  readonly isNumeric?: boolean
}

/** What a table is made of. */
export interface DataTableProps<Row> {
  readonly caption: string
  readonly columns: ReadonlyArray<Column<Row>>
  readonly rows: readonly Row[]
  readonly rowKey: (row: Row) => string
  /** Stands there instead of a table without rows. */
  readonly empty?: ComponentChildren
  /** Hides the caption from eyes, where a heading above says the same. */
  readonly isCaptionHeardOnly?: boolean
}

/** The table. The first column names the row. */
export function DataTable<Row> ({ caption, columns, rows, rowKey, empty, isCaptionHeardOnly = false }: DataTableProps<Row>) {
  const [order, setOrder] = useState<{ key: string, isDescending: boolean }>()
  const id = useId()
  const sorted = sort(rows, columns.find(({ key }) => key === order?.key)?.sortBy, order?.isDescending ?? false)
  if (rows.length === 0) return empty === undefined ? <p class='empty'>{texts.nothing}</p> : <>{empty}</>
  return (
    <div class='table-frame' role='region' aria-labelledby={id} tabIndex={0}>
      <table>
        <caption id={id} class={isCaptionHeardOnly ? 'heard-only' : undefined}>{caption}</caption>
        <thead>
          <tr>
            {columns.map(({ key, header, sortBy, isNumeric }) => {
              const direction = order?.key !== key ? undefined : order.isDescending ? 'descending' : 'ascending'
              return (
                <th key={key} scope='col' class={isNumeric === true ? 'numeric' : undefined} aria-sort={direction}>
                  {sortBy === undefined
                    ? header
                    : <button type='button' class='sorter' title={texts.sortBy(header)} onClick={() => setOrder({ key, isDescending: direction === 'ascending' })}>{header}<span aria-hidden='true'>{direction === undefined ? '' : direction === 'ascending' ? ' ▲' : ' ▼'}</span></button>}
                </th>
              )
            })}
          </tr>
        </thead>
        <tbody>
          {sorted.map(row => (
            <tr key={rowKey(row)}>
              {columns.map(({ key, cell, isNumeric }, index) => index === 0
                ? <th key={key} scope='row' class={isNumeric === true ? 'numeric' : undefined}>{cell(row)}</th>
                : <td key={key} class={isNumeric === true ? 'numeric' : undefined}>{cell(row)}</td>)}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function sort<Row> (rows: readonly Row[], by: ((row: Row) => string | number) | undefined, isDescending: boolean): readonly Row[] {
  if (by === undefined) return rows
  const collator = new Intl.Collator(language.value, { numeric: true })
  const sign = isDescending ? -1 : 1
  return rows.map(row => ({ row, value: by(row) })).sort((a, b) => sign * (typeof a.value === 'number' && typeof b.value === 'number' ? a.value - b.value : collator.compare(String(a.value), String(b.value)))).map(({ row }) => row)
}
