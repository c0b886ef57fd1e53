// What a soak found, for people: a section of Markdown and a drawing of memory and open files over time.
import { judgeCounts, judgePace, pointsOf } from './verdict.ts'
import type { Finding, SoakResult } from './verdict.ts'
import { afterWarmUp } from './slope.ts'
import type { Point } from './slope.ts'

/** Where it ran. */
export interface Place {
  /** Day, as `2026-11-22`. */
  day: string
  /** Version of Node. */
  node: string
  cores: number
}

/** Seconds of load from which on slopes say something. */
const shortestForSlopes = 9 * 60

/** Everything that was judged; the pace only where the load lasted long enough for it. */
export function judge (result: SoakResult): Finding[] {
  return result.load.seconds < shortestForSlopes ? judgeCounts(result) : [...judgeCounts(result), ...judgePace(result)]
}

/** The findings, a line each. */
export function listFindings (findings: readonly Finding[]): string {
  return findings.map(({ what, measured, allowed, isRight }) => `${isRight ? 'ok    ' : 'NOT OK'} ${what}: ${measured} (${allowed})`).join('\n')
}

/** The section of a page, from its heading on. @param drawing - the path to the drawing */
export function writeSection (result: SoakResult, place: Place, drawing: string): string {
  const { load, kinds, rate, capacity, samples, seed } = result
  const last = samples.at(-1)?.counters
  const milliseconds = (percent: number) => (load.durations.percentile(percent) / 1000).toFixed(0)
  const shares = Object.entries(kinds).map(([kind, number]) => `${kind} ${number}`).join(', ')
  return `## Soak

\`npm run test:soak\` puts the server, in a process of its own, under a load of ${Math.round(rate / capacity * 100)} % of its capacity, at a rate that does not wait for answers, and checks
each answer. Services fail, hang, break off and come late; clients hang up; services files change, some cannot be used; the cache is small enough to
forget. \`SOAK_MINUTES\` says how long (30), \`SOAK_SEED\` which choices are made.

The last one, on ${place.day} with ${place.node} on ${place.cores} cores that clients and services shared, took ${(load.seconds / 60).toFixed(0)} minutes (seed ${seed}): ${load.visits} visits at ${rate.toFixed(0)} a second,
${load.answered} answered, ${load.left} left by their clients, ${load.refused} refused for want of room; half of the answers within ${milliseconds(50)} ms, 99 % within ${milliseconds(99)} ms. The cache was
hit ${last?.hits ?? 0} times and missed ${last?.misses ?? 0} times, the list of services changed ${(last?.revision ?? 1) - 1} times, ${last?.saved ?? 0} requests were stored, ${last?.dropped ?? 0} let go because the disk
was slow, ${last?.removed ?? 0} removed when their time was up. Visits by kind:
${shares}.

| what | measured | allowed | |
|---|---|---|---|
${judge(result).map(({ what, measured, allowed, isRight }) => `| ${what} | ${measured} | ${allowed} | ${isRight ? '✓' : '**✗**'} |`).join('\n')}

![Memory and open files over time](${drawing})

Slopes are medians of the slopes between all pairs of samples (Theil and Sen), after a third of the time, ten minutes at most, in which the server warms up. A heap may
grow only because nothing makes the collector work; so the garbage is collected once in half a minute, after the resident memory has been
read, and what is left then is judged too. Of heap and buffers the least of three such samples counts, of files the least of a minute: the rest belongs to requests
under way. Slopes are not judged in a run of less than nine minutes.
`
}

const size = { width: 720, height: 240, left: 56, right: 56, top: 28, bottom: 32 }

/** A drawing of resident memory, live memory (MB, left) and open files (right) over time (minutes), as SVG. */
export function drawSoak ({ samples }: SoakResult): string {
  const { width, height, left, right, top, bottom } = size
  const inMegabytes = (points: Point[]) => points.map(([minutes, bytes]) => [minutes, bytes / 1024 / 1024] as const)
  const resident = inMegabytes(pointsOf(samples, sample => sample.rss))
  const live = inMegabytes(pointsOf(samples, sample => sample.live && sample.live.heapUsed + sample.live.external))
  const files = pointsOf(samples, sample => sample.descriptors)
  const minutes = Math.max(1, ...resident.map(([x]) => x))
  const most = (points: readonly Point[]) => roundUp(Math.max(1, ...points.map(([, y]) => y)))
  const scales = { memory: most(resident), files: most(files) }

  const x = (value: number) => (left + value / minutes * (width - left - right)).toFixed(1)
  const y = (value: number, scale: number) => (height - bottom - value / scale * (height - top - bottom)).toFixed(1)
  const line = (points: readonly Point[], scale: number, colour: string) =>
    `<polyline fill="none" stroke="${colour}" stroke-width="1.5" points="${thin(points).map(([at, value]) => `${x(at)},${y(value, scale)}`).join(' ')}"/>`
  const text = (at: string | number, on: string | number, anchor: string, words: string, colour = '#444') => `<text x="${at}" y="${on}" text-anchor="${anchor}" fill="${colour}">${words}</text>`
  const [warm] = afterWarmUp(resident)[0] ?? [0]

  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="11" role="img" aria-label="Memory and open files of the server over ${minutes.toFixed(0)} minutes">
<rect width="${width}" height="${height}" fill="#fff"/>
<rect x="${x(0)}" y="${top}" width="${(Number(x(warm)) - left).toFixed(1)}" height="${height - top - bottom}" fill="#f2f2f2"/>
${[0, 0.5, 1].map(share => [
  `<line x1="${left}" x2="${width - right}" y1="${y(share, 1)}" y2="${y(share, 1)}" stroke="#ddd"/>`,
  text(left - 6, Number(y(share, 1)) + 4, 'end', String(scales.memory * share)),
  text(width - right + 6, Number(y(share, 1)) + 4, 'start', String(scales.files * share), '#b35900')
].join('')).join('\n')}
${[0, 0.25, 0.5, 0.75, 1].map(share => text(x(minutes * share), height - bottom + 16, 'middle', (minutes * share).toFixed(minutes < 8 ? 1 : 0))).join('')}
${text(width / 2, height - 4, 'middle', 'minutes; warming up on grey')}
${text(left, 16, 'start', 'resident memory, MB', '#1f5fa8')}${text(left + 150, 16, 'start', 'live heap and buffers, MB', '#2e8540')}${text(width - right, 16, 'end', 'open files and connections', '#b35900')}
${line(files, scales.files, '#b35900')}
${line(live, scales.memory, '#2e8540')}
${line(resident, scales.memory, '#1f5fa8')}
</svg>
`
}

/** The next number above that is easy to halve. */
function roundUp (value: number): number {
  const step = 10 ** Math.floor(Math.log10(value))
  return Math.ceil(value / step) * step
}

/** Every so many points, so that no more than about two hundred are left. */
function thin (points: readonly Point[]): Point[] {
  const every = Math.ceil(points.length / 200)
  return points.filter((_, index) => index % every === 0 || index === points.length - 1)
}
