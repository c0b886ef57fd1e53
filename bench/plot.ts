// A drawing of ratios with their intervals: one row a scenario, a circle for latency, a square for processor time. Plain SVG, with its title and description inside.
import { compare } from './ratio.ts'
import type { ScenarioResult } from './rounds.ts'
import type { Estimate } from './statistics.ts'

const size = { width: 760, row: 20, left: 230, right: 24, top: 64, bottom: 40 }

/** Colours that people with any colour vision can tell apart; the shapes differ too. */
const marks = {
  latency: { colour: '#0b5394', words: 'latency (p50)' },
  processor: { colour: '#a64d00', words: 'processor time' }
}

/** Draws the ratios of the server to the lower bound. */
export function drawRatios (results: readonly ScenarioResult[]): string {
  const rows = results.flatMap(result => {
    const ratios = compare(result)
    return ratios === undefined ? [] : [{ name: result.scenario.name, ...ratios }]
  })
  const most = Math.max(2, ...rows.flatMap(({ latency, processor }) => [latency.high, processor?.high ?? 0]))
  const scale = most > 8 ? 4 : most > 4 ? 1 : 0.5
  const ticks = Array.from({ length: Math.ceil(most / scale) + 1 }, (_, index) => index * scale)
  const greatest = ticks.at(-1) ?? most
  const height = size.top + rows.length * size.row + size.bottom
  const x = (ratio: number) => round(size.left + ratio / greatest * (size.width - size.left - size.right))
  const y = (row: number, shift: number) => round(size.top + (row + 0.5) * size.row + shift)

  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${height}" font-family="sans-serif" font-size="11" role="img" aria-labelledby="plot-title plot-desc">`,
    '<title id="plot-title">Latency and processor time beside the lower bound</title>',
    `<desc id="plot-desc">${escape(describe(rows))}</desc>`,
    `<rect width="${size.width}" height="${height}" fill="#fff"/>`,
    ...ticks.map(tick => line(x(tick), size.top, x(tick), height - size.bottom, tick === 1 ? '#444' : '#ddd') + text(x(tick), height - size.bottom + 16, String(tick), 'middle')),
    text(x(greatest / 2), height - 6, 'times the lower bound; 1 is the lower bound itself', 'middle'),
    key(),
    ...rows.flatMap(({ name, latency, processor }, row) => [
      text(size.left - 8, y(row, 4), name, 'end'),
      mark('latency', latency, x, y(row, -4)),
      processor === undefined ? '' : mark('processor', processor, x, y(row, 4))
    ]),
    '</svg>',
    ''
  ].join('\n')
}

/** What the drawing shows, for whoever does not see it. */
function describe (rows: ReadonlyArray<{ name: string, latency: Estimate, processor: Estimate | undefined }>): string {
  const [least, greatest] = [rows.toSorted((a, b) => a.latency.median - b.latency.median)[0], rows.toSorted((a, b) => b.latency.median - a.latency.median)[0]]
  if (least === undefined || greatest === undefined) return 'Nothing was measured.'
  return `${rows.length} scenarios, one below the other, each with the ratio of this server to the lower bound. Latency is between ${least.latency.median.toFixed(2)} times (${least.name}) ` +
    `and ${greatest.latency.median.toFixed(2)} times (${greatest.name}). All values are in the tables of the same page.`
}

function mark (kind: keyof typeof marks, { median, low, high }: Estimate, x: (ratio: number) => number, y: number): string {
  const { colour } = marks[kind]
  return `<line x1="${x(low)}" y1="${y}" x2="${x(high)}" y2="${y}" stroke="${colour}" stroke-width="1.5"/>${shape(kind, x(median), y)}`
}

function shape (kind: keyof typeof marks, x: number, y: number): string {
  const { colour } = marks[kind]
  return kind === 'latency' ? `<circle cx="${x}" cy="${y}" r="3.5" fill="${colour}"/>` : `<rect x="${round(x - 3)}" y="${round(y - 3)}" width="6" height="6" fill="${colour}"/>`
}

function key (): string {
  const entry = (kind: keyof typeof marks, x: number) => shape(kind, x, 40) + text(x + 8, 44, `${marks[kind].words}, with its 95 % interval`, 'start')
  return text(8, 20, 'Beside the lower bound, less is better', 'start') + entry('latency', 14) + entry('processor', 260)
}

function line (x1: number, y1: number, x2: number, y2: number, colour: string): string {
  return `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="${colour}"/>`
}

function text (x: number, y: number, words: string, anchor: 'start' | 'middle' | 'end'): string {
  return `<text x="${x}" y="${y}" text-anchor="${anchor}" fill="#222">${escape(words)}</text>`
}

function escape (words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

function round (value: number): number {
  return Number(value.toFixed(1))
}
