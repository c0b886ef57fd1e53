// What the benchmark is asked for on the command line.
import { parseArgs } from 'node:util'

/** What is to be done. */
export interface BenchOptions {
  form: 'long' | 'bars' | 'short' | 'record'
  /** Whether everything is measured as it is meant to be, so that the numbers are worth a page. */
  isWhole: boolean
  /** Parts that the scenarios must have, such as `diamond, 1 MB`; all of them where undefined. */
  only: string | undefined
  /** Another server to measure. */
  peer: { url: string, pid: number | undefined } | undefined
  /** Another path for the socket of the Docker engine, for a peer. */
  engine: string | undefined
  /** Port of all services; any free ones where 0. */
  port: number
  /** Instead of what the form has: rounds, and milliseconds of a turn. */
  rounds: number | undefined
  turn: number | undefined
  /** Variables for the server, by name. */
  environment: Record<string, string>
  /** Arguments for the server's Node. */
  nodeArguments: string[]
  /** Folder for the page and the drawing, instead of `docs` where the numbers are worth a page, and `out` otherwise. */
  out: string | undefined
}

/** The options, in words. */
export const usage = `npm run bench -- [options]

--short            a minute: compares with bench/baseline.json, fails where a ratio is 1.5 times worse
--bars             six minutes: what the bars speak of; may be run several times in a row
--record           the scenarios of the short form, three times as many rounds: writes bench/baseline.json
--only PARTS       the scenario of this name, or all that have these parts, such as "diamond, 1 MB"
--peer URL         another server, such as http://127.0.0.1:9000/render, in the same rounds
--peer-pid PID     its process, for processor time and memory
--engine PATH      where the socket of the Docker engine is to be, for a peer
--port PORT        port of all services, for a peer; service number n is at 127.0.0.(n + 1)
--rounds N         rounds, at least 1
--seconds S        seconds of a turn
--env NAME=VALUE   a variable for the server, such as MAX_REPLY=1mb; may be given again
--node ARGUMENT    an argument for the server's Node, such as --node=--cpu-prof; may be given again
--out FOLDER       where page and drawing go
`

/** Reads the options. @throws TypeError or RangeError with what is wrong */
export function readOptions (args: string[]): BenchOptions {
  const { values } = parseArgs({
    args,
    options: {
      short: { type: 'boolean' },
      record: { type: 'boolean' },
      bars: { type: 'boolean' },
      only: { type: 'string' },
      peer: { type: 'string' },
      'peer-pid': { type: 'string' },
      engine: { type: 'string' },
      port: { type: 'string' },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      env: { type: 'string', multiple: true },
      node: { type: 'string', multiple: true },
      out: { type: 'string' }
    }
  })
  const forms = (['short', 'record', 'bars'] as const).filter(form => values[form])
  if (forms.length > 1) throw new RangeError(`--${forms[0]} and --${forms[1]} exclude one another`)
  const seconds = number('--seconds', values.seconds, 0.05)
  const pid = number('--peer-pid', values['peer-pid'], 1)
  if (values.peer !== undefined && !URL.canParse(values.peer)) throw new RangeError('--peer must be an address such as http://127.0.0.1:9000/render')
  return {
    isWhole: !['short', 'record', 'bars', 'only', 'rounds', 'seconds', 'env', 'node'].some(name => name in values),
    form: forms[0] ?? 'long',
    only: values.only,
    peer: values.peer === undefined ? undefined : { url: values.peer, pid },
    engine: values.engine,
    port: number('--port', values.port, 0) ?? 0,
    rounds: number('--rounds', values.rounds, 1),
    turn: seconds === undefined ? undefined : seconds * 1000,
    environment: Object.fromEntries((values.env ?? []).map(pair)),
    nodeArguments: values.node ?? [],
    out: values.out
  }
}

function pair (text: string): [string, string] {
  const [, name, value] = text.match(/^(\w+)=(.*)$/s) ?? []
  if (name === undefined || value === undefined) throw new RangeError('--env must be a name and a value such as MAX_REPLY=1mb')
  return [name, value]
}

function number (name: string, text: string | undefined, least: number): number | undefined {
  if (text === undefined) return undefined
  const value = Number(text)
  if (!(value >= least)) throw new RangeError(`${name} must be a number from ${least} on`)
  return value
}
