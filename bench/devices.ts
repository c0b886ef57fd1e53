// npm run bench:devices: whether many simulated devices are probed in time, how long lists and plans take, and how long it is from a loss to what makes it good.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { Pool } from 'undici'
import { writeIntoPage } from '../scripts/page-section.ts'
import type { Bar } from './bar.ts'
import { startChild } from './child.ts'
import type { FleetSkills } from './device-fleet.ts'
import { describeMachine, thisMachine } from './machine.ts'
import { readDelay, readPeakMemory } from './process-cost.ts'
import { barTable, brief, table } from './report.ts'
import { startProcess } from './server-process.ts'
import type { ServerProcess } from './server-process.ts'
import { median, percentile } from './statistics.ts'

const usage = `npm run bench:devices -- [options]

--devices N       simulated devices, instead of 2000
--deployments N   deployments of three steps, instead of 200
--interval S      HEALTH_CHECK_INTERVAL in seconds, instead of 15
--looks N         times that each list and plan is asked for, instead of 40
--out FOLDER      where the page goes, instead of docs where the numbers are worth it, and out otherwise
`

/** A module with one function `run`, which takes nothing and gives 7. */
const wasm = Buffer.from('0061736d010000000105016000017f030201000707010372756e00000a0601040041070b', 'hex')

/** HEALTH_CHECK_THRESHOLD as it comes. */
const threshold = 5

const root = path.dirname(import.meta.dirname)
const { devices, deployments, interval, looks, out, isWhole } = read()
const machine = thisMachine()
console.log(describeMachine(machine))

/** Servers, so that none stays behind. */
const started: ServerProcess[] = []
const folder = mkdtempSync(path.join(tmpdir(), 'bench-devices-'))
process.on('exit', () => {
  for (const each of started) each.process.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})
process.on('SIGTERM', () => process.exit(1))
process.on('SIGINT', () => process.exit(1))
const fleet = startChild<FleetSkills>('device-fleet.ts')
/** The device that is killed. */
const lone = startChild<FleetSkills>('device-fleet.ts')
const environment = { MODULES: 'devices', DEVICES_MDNS: 'off', DATA_DIR: folder, HEALTH_CHECK_INTERVAL: String(interval), HEALTH_CHECK_THRESHOLD: String(threshold) }
let { server, pool } = await start()

const registered = await register()
const seven = await upload()
await ask('POST', '/file/device/discovery/register', { name: 'lone', addresses: ['127.2.0.1'], port: await lone.call('listen', null) })
await until(async () => (await online()).has('lone'))
const ids = await create()
console.log(`${deployments} deployments have been created`)
const rollout = await timed(async () => {
  await together(ids, 16, async id => await ask('POST', `/api/v1/deployments/${id}/deploy`))
  await allReady()
})
console.log(`${deployments} deployments are on their devices after ${brief(rollout)} ms`)

// While the device is lost and probes go on, lists and plans are asked for.
const failoverTime = watchFailover()
await fleet.call('gaps', null)
await late()
const lists = [
  { title: `all ${devices} devices, \`GET /file/device\``, times: await repeat(async () => await ask('GET', '/file/device')) },
  { title: 'a page of 100 devices, `GET /api/v1/devices`', times: await repeat(async () => await ask('GET', '/api/v1/devices')) },
  { title: `all ${deployments} deployments, \`GET /file/manifest\``, times: await repeat(async () => await ask('GET', '/file/manifest')) },
  { title: 'a page of 100 deployments, `GET /api/v1/deployments`', times: await repeat(async () => await ask('GET', '/api/v1/deployments')) },
  { title: 'a plan of eight steps, `POST /api/v1/deployments/plan`', times: await repeat(async () => await ask('POST', '/api/v1/deployments/plan', manifest('plan', 8))) }
]
const failover = await failoverTime
const gaps = await fleet.call('gaps', null)
const mostLate = await late()
const memory = await readPeakMemory(server.pid)
console.log(`failover after ${brief(failover)} ms; probes after ${brief(median(gaps))} ms, ${brief(Math.max(...gaps))} ms at most`)

const restart = await watchRestart()
console.log(`${deployments} deployments that were cut off are ready ${brief(restart)} ms after the server answers again`)
await pool.close()
await server.end()
fleet.end()
lone.end()

const allowedGap = interval * 1.2 + 1
const allowedFailover = threshold * interval + 2
const widest = Math.max(...gaps) / 1000
const bars: Bar[] = [
  { what: 'time between two probes of one device, longest', allowed: `at most ${brief(allowedGap)} s`, measured: `${brief(widest)} s`, where: `${gaps.length} probes of ${devices} devices`, holds: gaps.length >= devices && widest <= allowedGap },
  ...lists.map(({ title, times }): Bar => ({ what: `${title}, 95th percentile`, allowed: 'below 100 ms', measured: `${brief(percentile(times, 0.95))} ms`, where: `${times.length} times`, holds: percentile(times, 0.95) < 100 })),
  { what: 'from SIGKILL of the server amid its work to all deployments ready', allowed: 'below 10 s once it answers again', measured: `${brief(restart / 1000)} s`, where: `${deployments} deployments`, holds: restart < 10_000 },
  { what: 'from SIGKILL of a device to its steps ready elsewhere', allowed: `at most ${brief(allowedFailover)} s`, measured: `${brief(failover / 1000)} s`, where: `${threshold} probes every ${interval} s`, holds: failover <= allowedFailover * 1000 }
]
finish()

async function start (): Promise<{ server: ServerProcess, pool: Pool }> {
  const server = await startProcess(environment)
  started.push(server)
  return { server, pool: new Pool(server.origin, { connections: 32, headersTimeout: 60_000, bodyTimeout: 60_000 }) }
}

/** Asks the server. @throws Error where it does not do as it is asked */
async function ask (method: 'GET' | 'POST', at: string, body?: unknown): Promise<unknown> {
  const { statusCode, body: answer } = await pool.request({ method, path: at, headers: body === undefined ? {} : { 'content-type': 'application/json' }, body: body === undefined ? null : JSON.stringify(body) })
  const text = await answer.text()
  if (statusCode >= 400) throw new Error(`${method} ${at}: ${statusCode} ${text.slice(0, 500)}`)
  return text === '' ? undefined : JSON.parse(text)
}

/** Registers all devices, each with an address of its own. @returns milliseconds until all are online */
async function register (): Promise<number> {
  const port = await fleet.call('listen', null)
  const indexes = Array.from({ length: devices }, (_, index) => index)
  const time = await timed(async () => {
    await together(indexes, 16, async index => await ask('POST', '/file/device/discovery/register', { name: `device ${String(index).padStart(5, '0')}`, addresses: [`127.1.${index >> 7}.${1 + (index & 127)}`], port }))
    await until(async () => (await online()).size >= devices)
  })
  console.log(`${devices} devices are online after ${brief(time)} ms`)
  return time
}

/** Names of devices that are online. */
async function online (): Promise<Set<string>> {
  const all = await ask('GET', '/file/device') as Array<{ name: string, status: string }>
  return new Set(all.filter(({ name, status }) => status === 'active' && name !== 'orchestrator').map(({ name }) => name))
}

/** A module that is described. @returns its id */
async function upload (): Promise<string> {
  const form = new FormData()
  form.set('name', 'seven')
  form.set('wasm', new Blob([wasm], { type: 'application/wasm' }), 'seven.wasm')
  const { id } = await (await fetch(`${server.origin}/file/module`, { method: 'POST', body: form })).json() as { id: string }
  const description = new FormData()
  description.set('functions', JSON.stringify({ run: { method: 'GET', parameters: [], output: 'integer' } }))
  const described = await fetch(`${server.origin}/file/module/${id}/upload`, { method: 'POST', body: description })
  if (!described.ok) throw new Error(`the module cannot be described: ${await described.text()}`)
  return id
}

function manifest (name: string, steps: number): object {
  return { name, sequence: Array.from({ length: steps }, () => ({ device: null, module: seven, func: 'run' })) }
}

async function create (): Promise<string[]> {
  const names = Array.from({ length: deployments }, (_, index) => `deployment ${index}`)
  const made: string[] = []
  await together(names, 4, async name => { made.push((await ask('POST', '/api/v1/deployments', manifest(name, 3)) as { id: string }).id) })
  return made
}

async function allReady (): Promise<void> {
  await until(async () => {
    const { items } = await ask('GET', '/api/v1/deployments?limit=1000') as { items: Array<{ id: string, isReady: boolean }> }
    return ids.every(id => items.some(item => item.id === id && item.isReady))
  })
}

/** Kills a device that holds a step. @returns milliseconds until the step is ready elsewhere */
async function watchFailover (): Promise<number> {
  const all = await ask('GET', '/file/device') as Array<{ _id: string, name: string }>
  const device = all.find(({ name }) => name === 'lone')?._id ?? ''
  const failovers = all.filter(({ name }) => name.startsWith('device ')).slice(0, 2).map(({ _id }) => _id)
  const { id } = await ask('POST', '/api/v1/deployments', { name: 'lost', sequence: [{ device, module: seven, func: 'run', failovers }, { device: null, module: seven, func: 'run' }] }) as { id: string }
  const look = async () => await ask('GET', `/api/v1/deployments/${id}`) as { sequence: Array<{ device: string }>, isReady: boolean }
  await ask('POST', `/api/v1/deployments/${id}/deploy`)
  await until(async () => (await look()).isReady)
  // Just after a probe is the worst moment.
  return await timed(async () => {
    lone.process.kill('SIGKILL')
    await until(async () => {
      const { sequence, isReady } = await look()
      return isReady && sequence.length > 0 && sequence.every(step => step.device !== device)
    })
  })
}

/** Kills the server while it tells devices of all deployments. @returns milliseconds from when it answers again until all are ready */
async function watchRestart (): Promise<number> {
  await fleet.call('hold', true)
  await together(ids, 16, async id => await ask('POST', `/api/v1/deployments/${id}/deploy`))
  await pool.close()
  await server.end()
  await fleet.call('hold', false)
  ;({ server, pool } = await start())
  return await timed(allReady)
}

async function until (isSo: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 300_000
  while (!await isSo()) {
    if (performance.now() > end) throw new Error('it does not come to pass')
    // Looking takes the server's time as well.
    await new Promise(resolve => setTimeout(resolve, 200))
  }
}

async function together<Item> (items: readonly Item[], most: number, work: (item: Item) => Promise<unknown>): Promise<void> {
  const left = [...items]
  await Promise.all(Array.from({ length: most }, async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item)
  }))
}

async function timed (work: () => Promise<void>): Promise<number> {
  const begun = performance.now()
  await work()
  return performance.now() - begun
}

async function repeat (work: () => Promise<unknown>): Promise<number[]> {
  // Not the first ones, for which code is compiled.
  for (let index = 0; index < 5; index++) await work()
  const times: number[] = []
  for (let index = 0; index < looks; index++) times.push(await timed(async () => { await work() }))
  return times
}

async function late (): Promise<number> {
  return (await readDelay(server.process)).most
}

function finish (): void {
  const section = `## Devices

\`npm run bench:devices\` measured this on ${describeMachine(machine)}: ${devices} simulated devices in one other process, each with an address of its own, which are probed every ${interval} s;
${deployments} deployments of three steps each, with everything in SQLite. All were online ${brief(registered / 1000)} s after the first was registered, and all deployments ready ${brief(rollout / 1000)} s after the first was asked for.
The event loop of the server was late by ${brief(mostLate)} ms at most, and its memory ${brief((memory ?? NaN) / 1024 / 1024)} MB.

${barTable(bars)}

${table(['', 'median, ms', 'p95, ms', 'most, ms'], lists.map(({ title, times }) => [title, brief(median(times)), brief(percentile(times, 0.95)), brief(Math.max(...times))]))}
`
  mkdirSync(path.join(root, 'out'), { recursive: true })
  writeFileSync(path.join(root, 'out/bench-devices.json'), `${JSON.stringify({ machine, devices, deployments, interval, registered, rollout, lists, gaps, failover, restart, memory, mostLate })}\n`)
  const page = path.resolve(root, out ?? (isWhole ? 'docs' : 'out'), 'performance.md')
  writeIntoPage(page, section)
  console.log(`${section}\nwritten: ${path.relative(root, page)}, out/bench-devices.json`)
  if (bars.some(({ holds }) => holds === false)) process.exitCode = 1
}

function read () {
  try {
    const { values } = parseArgs({ options: { devices: { type: 'string' }, deployments: { type: 'string' }, interval: { type: 'string' }, looks: { type: 'string' }, out: { type: 'string' } } })
    const number = (name: string, text: string, least: number) => {
      const value = Number(text)
      if (!(value >= least && value <= 16_384)) throw new RangeError(`${name} must be a number from ${least} to 16384`)
      return value
    }
    return {
      devices: number('--devices', values.devices ?? '2000', 1),
      deployments: number('--deployments', values.deployments ?? '200', 1),
      interval: number('--interval', values.interval ?? '15', 0.05),
      looks: number('--looks', values.looks ?? '40', 1),
      out: values.out,
      isWhole: [values.devices, values.deployments, values.interval, values.looks].every(value => value === undefined)
    }
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`)
    process.exit(2)
  }
}
