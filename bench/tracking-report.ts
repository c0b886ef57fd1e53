// What was measured of module `tracking`, for people: bars, tables and how to read them.
import { afterWarmUp, floorOf, slopeOf } from '../test/soak/slope.ts'
import type { Bar } from './bar.ts'
import { describeMachine } from './machine.ts'
import type { Machine } from './machine.ts'
import { barTable, brief, ratioText, table } from './report.ts'
import { estimate, median } from './statistics.ts'
import type { Estimate } from './statistics.ts'
import type { Deaf, Endurance, Expiry, FanOut, FanOutTurn, Multitude, MultitudeSide, Pace } from './tracking-measures.ts'

/** Everything that a run has measured; what it has left out is undefined. */
export interface TrackingResults {
  fanOut: FanOut[]
  multitude?: Multitude | undefined
  deaf?: Deaf | undefined
  expiry?: Expiry | undefined
}

/** Bytes that may wait for one connection: the default of TRACKING_BACKLOG. */
const backlog = 16 * 1024 * 1024

const megabyte = 1024 * 1024
const inMegabytes = (bytes: number | undefined) => bytes === undefined ? undefined : bytes / megabyte
const megabytes = (bytes: number) => `${(bytes / megabyte).toFixed(0)} MB`
const milliseconds = (time: number) => `${brief(time)} ms`

/** The server beside the relay, round by round. */
export function compareTurns ({ ours, relay }: FanOut, read: (turn: FanOutTurn) => number | undefined): Estimate | undefined {
  const ratios = ours.flatMap((turn, round) => {
    const beside = relay[round]
    const [first, second] = [read(turn), beside && read(beside)]
    return first === undefined || second === undefined || second === 0 ? [] : [first / second]
  })
  return ratios.length === 0 ? undefined : estimate(ratios)
}

function bar (what: string, allowed: string, where: string, size: number | undefined, show: (size: number) => string, holds: (size: number) => boolean): Bar {
  return { what, allowed, where, measured: size === undefined ? undefined : show(size), holds: size === undefined ? undefined : holds(size) }
}

/** Most that is held for a deaf client: beyond what the same messages cost where everybody reads. */
function costOfDeaf ({ boxes, pictures }: Deaf): number {
  return Math.max(boxes.deaf - boxes.reading, pictures.deaf - pictures.reading)
}

/** Judges what was measured. */
export function judgeTracking ({ fanOut, multitude, deaf, expiry }: TrackingResults): Bar[] {
  return [
    ...fanOut.filter(({ isTracked }) => !isTracked).map(result => bar(
      'messages delivered a second, beside the bare relay', 'at least 0.70 ×', nameOf(result), compareTurns(result, turn => turn.throughput)?.median, ratio => `${ratio.toFixed(2)} ×`, ratio => ratio >= 0.7
    )),
    ...multitude === undefined
      ? []
      : [
          bar('most memory', 'below 250 MB', `${multitude.clients} clients`, multitude.ours.peak, megabytes, size => size < 250 * megabyte),
          bar('delivery of a short message, 99th percentile', 'below 300 ms', `${multitude.clients} clients`, median(multitude.ours.p99), milliseconds, time => time < 300)
        ],
    ...deaf === undefined ? [] : [bar('memory for a client that never reads', `below its cap of ${megabytes(backlog)}`, 'boxes, pictures', costOfDeaf(deaf), megabytes, size => size < backlog)],
    ...expiry === undefined ? [] : [bar('longest pause of the event loop while objects expire', 'at most 10 ms', `${expiry.objects} objects`, expiry.expiring.most, milliseconds, time => time <= 10)]
  ]
}

function nameOf ({ clients, isTracked }: FanOut): string {
  return `${clients} ${clients === 1 ? 'client' : 'clients'}${isTracked ? ', 2 objects seen' : ''}`
}

function middle (turns: readonly FanOutTurn[], read: (turn: FanOutTurn) => number | undefined): number | undefined {
  const values = turns.map(read).filter(value => value !== undefined)
  return values.length === 0 ? undefined : median(values)
}

/** Boxes as fast as they are taken, a line for each number of clients. */
export function fanOutTable (results: readonly FanOut[]): string {
  const pair = (result: FanOut, read: (turn: FanOutTurn) => number | undefined) => `${brief(middle(result.ours, read))} / ${brief(middle(result.relay, read))}`
  const microseconds = ({ processor }: FanOutTurn) => processor === undefined ? undefined : processor * 1000
  return table(['connected', 'delivered/s', '×', 'processor, µs', '×'], results.map(result => [
    nameOf(result), pair(result, turn => turn.throughput), ratioText(compareTurns(result, turn => turn.throughput)), pair(result, microseconds), ratioText(compareTurns(result, turn => turn.processor))
  ]))
}

function multitudeTable ({ clients, ours, relay }: Multitude): string {
  const each = (side: MultitudeSide) => side.before === undefined || side.connected === undefined ? undefined : (side.connected - side.before) / clients / 1024
  const row = (name: string, side: MultitudeSide) => [
    name, brief(inMegabytes(side.before)), brief(inMegabytes(side.connected)), brief(inMegabytes(side.peak)), brief(each(side)), brief(median(side.p50)), brief(median(side.p99))
  ]
  return table(['', 'memory before, MB', 'with all connected, MB', 'the most, MB', 'each, kB', 'p50, ms', 'p99, ms'], [row('server', ours), row('relay', relay)])
}

function deafTable ({ boxes, pictures }: Deaf): string {
  const row = (name: string, part: Deaf['boxes']) => [name, brief(inMegabytes(part.sent)), brief(inMegabytes(part.reading)), brief(inMegabytes(part.deaf))]
  return table(['messages', 'sent, MB', 'held where all read, MB', 'where one does not, MB'], [row('boxes, which give way to newer ones', boxes), row('pictures of new objects, which must not be lost', pictures)])
}

/** The section of a page about everything but the long run. */
export function writeTracking (results: TrackingResults, machine: Machine, { rounds, turn }: Pace): string {
  const { fanOut, multitude, deaf, expiry } = results
  return `## Tracking beside a bare relay

\`npm run bench:tracking\` measured this on ${describeMachine(machine)}: ${rounds} rounds, in each of which both hubs have a turn of ${turn / 1000} s. Hub, relay and their peers are
processes of their own and share the cores.

The relay is a bare server of the library \`ws\` that sends every message of a processor as it is to every client and does nothing else: it checks nothing, remembers nothing and holds
nobody to anything. One processor sends boxes of 3.3 kB as fast as all clients count them, so that none gives way to a newer one.

How to read the tables: of each pair the first number is the server's, the second the relay's; **×** is their ratio, the median over all rounds, with the interval in which the
true median lies in 95 % of cases. *Processor* is processor time of all threads for one message delivered to one client.

${barTable(judgeTracking(results))}

${fanOutTable(fanOut)}
${multitude === undefined ? '' : `\n### ${multitude.clients} clients, and a message of 200 bytes now and then\n\nTimes are from before the processor writes it until a client has read it; all clients are in one process, whose own work is in them.\n\n${multitudeTable(multitude)}\n`}${
  deaf === undefined ? '' : `\n### A client that never reads\n\nThe most that the server held in memory beyond what it held before, garbage left out. With pictures the connection ends: ${deaf.end}.\n\n${deafTable(deaf)}\n`}${
  expiry === undefined ? '' : `\n### ${expiry.objects} objects\n\nWith all of them the server takes ${brief(inMegabytes(expiry.memory))} MB. Its event loop is late by ${brief(expiry.starting.p99)} ms at the 99th percentile (at most ${brief(expiry.starting.most)} ms) while they are started as fast as it takes them, and by ${brief(expiry.expiring.p99)} ms (at most ${brief(expiry.expiring.most)} ms) until all have expired.\n`}`
}

/** How memory grows in a long run, in bytes a minute: the least of each half minute, without the beginning. Undefined where the run was too short to say. */
export function growthOf ({ samples }: Endurance): number | undefined {
  const points = floorOf(afterWarmUp(samples), 6)
  return points.length < 4 ? undefined : slopeOf(points)
}

/** The bar of a long run. */
export function judgeEndurance (result: Endurance): Bar {
  return bar('growth of memory', 'below 0.2 MB a minute', `${brief(result.minutes)} minutes`, growthOf(result), size => `${(size / megabyte).toFixed(3)} MB a minute`, size => size < 0.2 * megabyte)
}

/** The section of a page about a long run. */
export function writeEndurance (result: Endurance, machine: Machine): string {
  const { minutes, rate, clients, sent, objects, samples } = result
  // About ten of them tell the story.
  const every = Math.max(1, Math.floor(samples.length / 10))
  const told = samples.filter((_, index) => index % every === 0)
  return `## Tracking for a long time

\`npm run bench:tracking -- --minutes ${brief(minutes)}\` measured this on ${describeMachine(machine)}: ${rate} messages of 3.3 kB a second to ${clients} clients, ${sent} in all, while ${objects} objects were
tracked one after the other, each seen in every message. Growth is the slope by Theil and Sen over the least memory of each half minute, without the first minutes.

${barTable([judgeEndurance(result)])}

${table(['minute', ...told.map(([minute]) => minute.toFixed(1))], [['memory, MB', ...told.map(([, memory]) => brief(inMegabytes(memory)))]])}
`
}
