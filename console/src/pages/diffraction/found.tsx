// What is in a frame, in words and numbers: its size, its counts, its spots, and two charts.
import { useRef } from 'preact/hooks'
import { DataTable } from '../../components/data-table.tsx'
import { Waiting } from '../../components/loaded.tsx'
import type { Resource } from '../../lib/resource.ts'
import { formatNumber } from '../../lib/texts.ts'
import { Chart } from './chart.tsx'
import { DiffractionFailed } from './failed.tsx'
import { countRegions, peak, regionOf } from './numbers.ts'
import type { Region } from './numbers.ts'
import type { Server } from './server.ts'
import { texts } from './texts.ts'

type Answer<Name extends 'spots' | 'histogram' | 'radial'> = Awaited<ReturnType<Server[Name]>>

/** What is known of a frame. */
export interface Findings { readonly spots: Answer<'spots'>, readonly histogram: Answer<'histogram'>, readonly radial: Answer<'radial'> }

/** Finds it. */
export async function find (server: Server, place: Parameters<Server['spots']>[0], signal: AbortSignal): Promise<Findings> {
  const [spots, histogram, radial] = await Promise.all([server.spots(place, signal), server.histogram(place, signal), server.radial(place, signal)])
  return { spots, histogram, radial }
}

const regionNames: Record<Region, () => string> = {
  topLeft: () => texts.topLeft,
  top: () => texts.top,
  topRight: () => texts.topRight,
  left: () => texts.left,
  middle: () => texts.middle,
  right: () => texts.right,
  bottomLeft: () => texts.bottomLeft,
  bottom: () => texts.bottom,
  bottomRight: () => texts.bottomRight
}

/** The findings. */
export function Found ({ findings, size, isPlaying }: { findings: Resource<Findings | undefined>, size: { width: number, height: number } | undefined, isPlaying: boolean }) {
  const { data, failure, reload } = findings
  const heading = useRef<HTMLHeadingElement>(null)
  const retry = () => {
    heading.current?.focus()
    reload()
  }
  return (
    <section aria-labelledby='found-title'>
      <h2 id='found-title' tabIndex={-1} ref={heading}>{texts.found}</h2>
      {isPlaying
        ? <p>{texts.whilePlaying}</p>
        : data === undefined || size === undefined
          ? failure === undefined ? <Waiting /> : <DiffractionFailed failure={failure} onRetry={retry} />
          : <Known findings={data} size={size} />}
    </section>
  )
}

function Known ({ findings: { spots, histogram, radial }, size }: { findings: Findings, size: { width: number, height: number } }) {
  const most = peak(radial.means.map((y, index) => ({ x: index, y })))
  const d = most === undefined ? undefined : radial.d?.[most.x]
  const radius = most === undefined ? undefined : radial.radii[most.x]
  const classes = histogram.counts.map((count, index) => ({ from: histogram.borders[index] ?? 0, to: histogram.borders[index + 1] ?? 0, count }))
  const rings = radial.radii.map((radius, index) => ({ radius, d: radial.d?.[index] ?? undefined, mean: radial.means[index] ?? undefined }))
  const strongest = spots.spots[0]
  return (
    <>
      <dl class='facts'>
        <dt>{texts.size}</dt><dd>{texts.pixels(formatNumber(size.width), formatNumber(size.height))}</dd>
        <dt>{texts.lowest}</dt><dd>{formatNumber(histogram.borders[0] ?? 0)}</dd>
        <dt>{texts.highest}</dt><dd>{formatNumber(histogram.borders.at(-1) ?? 0)}</dd>
        <dt>{texts.overloads}</dt><dd>{formatNumber(histogram.overloads)}</dd>
        <dt>{texts.maskedPixels}</dt><dd>{formatNumber(histogram.masked)}</dd>
        <dt>{texts.spots}</dt><dd>{texts.spotsFound(spots.found)}{spots.ice === undefined ? '' : ` ${texts.onIce(formatNumber(spots.ice * 100))}`}</dd>
        {strongest === undefined ? null : <><dt>{texts.strongest}</dt><dd>{texts.spotAt(regionNames[regionOf(strongest, size)](), Math.round(strongest.x), Math.round(strongest.y), strongest.d === undefined ? '' : formatNumber(strongest.d, 2))}</dd></>}
        {strongest === undefined ? null : <><dt>{texts.whereSpots(spots.spots.length)}</dt><dd>{countRegions(spots.spots, size).map(({ region, count }) => texts.inRegion(regionNames[region](), count)).join(', ')}</dd></>}
      </dl>
      <h3>{texts.spotList}</h3>
      <DataTable
        caption={texts.strongestSpots}
        rows={spots.spots.map((spot, index) => ({ ...spot, rank: index + 1 }))}
        rowKey={({ rank }) => String(rank)}
        empty={<p class='empty'>{texts.noSpots}</p>}
        columns={[
          { key: 'rank', header: texts.rank, isNumeric: true, cell: ({ rank }) => rank, sortBy: ({ rank }) => rank },
          { key: 'x', header: texts.xPixels, isNumeric: true, cell: ({ x }) => formatNumber(x, 1), sortBy: ({ x }) => x },
          { key: 'y', header: texts.yPixels, isNumeric: true, cell: ({ y }) => formatNumber(y, 1), sortBy: ({ y }) => y },
          { key: 'd', header: texts.dSpacing, isNumeric: true, cell: ({ d }) => d === undefined ? '–' : formatNumber(d, 2), sortBy: ({ d }) => d ?? 0 },
          { key: 'intensity', header: texts.intensity, isNumeric: true, cell: ({ intensity }) => formatNumber(intensity), sortBy: ({ intensity }) => intensity },
          { key: 'snr', header: texts.signalToNoise, isNumeric: true, cell: ({ snr }) => formatNumber(snr, 1), sortBy: ({ snr }) => snr }
        ]}
      />
      <h3>{texts.charts}</h3>
      <Chart
        title={texts.radial}
        summary={most === undefined || radius === undefined ? texts.nothingCounts : texts.radialSummary(formatNumber(most.y, 1), formatNumber(radius), d === undefined || d === null ? '' : formatNumber(d, 2))}
        across={texts.radius}
        up={texts.mean}
        points={rings.map(({ radius, mean }) => ({ x: radius, y: mean ?? null }))}
        rows={rings}
        rowKey={({ radius }) => String(radius)}
        columns={[
          { key: 'radius', header: texts.radius, isNumeric: true, cell: ({ radius }) => formatNumber(radius), sortBy: ({ radius }) => radius },
          { key: 'd', header: texts.dSpacing, isNumeric: true, cell: ({ d }) => d === undefined || d === null ? '–' : formatNumber(d, 2) },
          { key: 'mean', header: texts.mean, isNumeric: true, cell: ({ mean }) => mean === undefined || mean === null ? texts.nothingCounts : formatNumber(mean, 2), sortBy: ({ mean }) => mean ?? -1 }
        ]}
      />
      <Chart
        title={texts.histogram}
        summary={texts.histogramSummary(formatNumber(classes[0]?.count ?? 0), formatNumber(classes[0]?.to ?? 0))}
        across={texts.count}
        up={texts.pixelsLog}
        tops={value => formatNumber(10 ** value - 1)}
        points={classes.map(({ from, to, count }) => ({ x: (from + to) / 2, y: Math.log10(1 + count) }))}
        rows={classes}
        rowKey={({ from }) => String(from)}
        columns={[
          { key: 'from', header: texts.from, isNumeric: true, cell: ({ from }) => formatNumber(from, 1), sortBy: ({ from }) => from },
          { key: 'to', header: texts.to, isNumeric: true, cell: ({ to }) => formatNumber(to, 1) },
          { key: 'count', header: texts.numberOfPixels, isNumeric: true, cell: ({ count }) => formatNumber(count), sortBy: ({ count }) => count }
        ]}
      />
    </>
  )
}
