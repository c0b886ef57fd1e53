// A line of numbers as a chart, with what it shows in words and the same numbers as a table.
import { DataTable } from '../../components/data-table.tsx'
import type { Column } from '../../components/data-table.tsx'
import { formatNumber } from '../../lib/texts.ts'
import { linePath, range } from './numbers.ts'
import type { Point } from './numbers.ts'
import { texts } from './texts.ts'

/** What a chart is made of. */
export interface ChartProps<Row> {
  readonly title: string
  /** What it shows, in words. */
  readonly summary: string
  /** What the axes are called. */
  readonly across: string
  readonly up: string
  readonly points: readonly Point[]
  /** What the end of the axis upwards is called. */
  readonly tops?: (value: number) => string
  readonly columns: ReadonlyArray<Column<Row>>
  readonly rows: readonly Row[]
  readonly rowKey: (row: Row) => string
}

const size = { width: 600, height: 200 }

/** The chart. */
export function Chart<Row> ({ title, summary, across, up, points, tops, columns, rows, rowKey }: ChartProps<Row>) {
  const xs = range(points.map(({ x }) => x))
  const ys = range([0, ...points.flatMap(({ y }) => y === null ? [] : [y])])
  const name = tops ?? (value => formatNumber(value, 1))
  return (
    <figure class='chart'>
      <figcaption><strong>{title}</strong> {summary}</figcaption>
      <div class='chart-frame' aria-hidden='true'>
        <span class='chart-up'>{up}<br />{name(ys.high)}</span>
        <svg viewBox={`-4 -4 ${size.width + 8} ${size.height + 8}`} preserveAspectRatio='none'>
          <path class='chart-axis' d={`M0 0V${size.height}H${size.width}`} />
          <path class='chart-line' d={linePath(points, size)} />
        </svg>
        <span class='chart-across'><span>{formatNumber(xs.low)}</span><span>{across}</span><span>{formatNumber(xs.high)}</span></span>
      </div>
      <details>
        <summary>{texts.asTable(title)}</summary>
        <DataTable caption={title} columns={columns} rows={rows} rowKey={rowKey} />
      </details>
    </figure>
  )
}
