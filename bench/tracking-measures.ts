// What is measured of module `tracking`: the server and a bare relay in turns under the same load, and what only a server with a memory can be asked.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { BoxesForm } from './boxes.ts'
import type { Child } from './child.ts'
import { startChild } from './child.ts'
import type { CrowdSkills } from './crowd.ts'
import { readDelay, readLive, readMemory, readPeakMemory, readProcessorTime } from './process-cost.ts'
import type { RelaySkills } from './relay.ts'
import { composedArguments } from '../test/image-arguments.ts'
import { startProcess } from './server-process.ts'
import type { ServerProcess } from './server-process.ts'

/** How long and how often to measure. */
export interface Pace {
  rounds: number
  /** Milliseconds of a turn, and of the turn before the first one, which is not counted. */
  turn: number
  warmUp: number
}

/** One turn of a hub: messages that came to clients, a second, and its processor time for one of them, in milliseconds. */
export interface FanOutTurn { throughput: number, processor: number | undefined }

/** Boxes as fast as they are taken. Turns of the same place belong to the same round. */
export interface FanOut {
  clients: number
  /** Whether the boxes show objects that are tracked, so that sightings are written down. */
  isTracked: boolean
  ours: FanOutTurn[]
  relay: FanOutTurn[]
}

/** Many clients that are connected, and a short message for all of them now and then. Memory in bytes, times in milliseconds. */
export interface Multitude {
  clients: number
  ours: MultitudeSide
  relay: MultitudeSide
}

/** One hub with many clients. */
export interface MultitudeSide {
  /** Memory when nobody was connected, when all were, and the most that it ever was. */
  before: number | undefined
  connected: number | undefined
  peak: number | undefined
  /** One of each round. */
  p50: number[]
  p99: number[]
}

/** What a client that never reads costs, in bytes: the most that the server held beyond what it held before, while all clients read and while one does not. */
export interface Deaf {
  /** While boxes went out, which give way to newer ones. */
  boxes: { reading: number, deaf: number, sent: number }
  /** While pictures of objects went out, which must not be dropped. */
  pictures: { reading: number, deaf: number, sent: number }
  /** How its connection ended. */
  end: string
}

/** Many objects that are started and expire. */
export interface Expiry {
  objects: number
  /** How late the event loop was while they were started, and while they expired, in milliseconds: the 99th percentile and the most. */
  starting: { p99: number, most: number }
  expiring: { p99: number, most: number }
  /** Memory with all of them, in bytes. */
  memory: number | undefined
}

/** Memory while the same goes on and on. */
export interface Endurance {
  minutes: number
  /** Messages a second. */
  rate: number
  clients: number
  sent: number
  objects: number
  /** Minutes since the beginning, and memory in bytes. */
  samples: Array<[minutes: number, memory: number]>
}

/** Length of a message of a processor with some two dozen people before its camera, in bytes. */
const usual: BoxesForm = { bytes: 3300 }

/** Messages that may be under way: enough to keep a hub busy, few enough for sockets to take them. */
const window = 32

/** Bytes of a picture of an object. */
const picture = 100_000

/** A hub under measurement. */
interface Hub { port: number, pid: number, end: () => Promise<void> | void }

/** The server under measurement. */
interface OurHub extends Hub { process: ServerProcess['process'] }

/** Starts the server with nothing known. @param environment - variables besides */
async function startHub (environment: Record<string, string> = {}, nodeArguments: string[] = []): Promise<OurHub> {
  const folder = await mkdtemp(path.join(tmpdir(), 'bench-tracking-'))
  const server = await startProcess({ MODULES: 'tracking', DATA_DIR: folder, TRACKING_RATE_LIMIT: '0', ...environment }, [...composedArguments('tracking.yaml'), ...nodeArguments]).catch(async (error: unknown) => {
    await rm(folder, { recursive: true })
    throw error
  })
  return {
    port: Number(new URL(server.origin).port),
    pid: server.pid,
    process: server.process,
    async end () {
      await server.end()
      await rm(folder, { recursive: true })
    }
  }
}

async function startRelay (): Promise<Hub> {
  const child = startChild<RelaySkills>('relay.ts', ['probe.ts'])
  return { port: await child.call('start', undefined), pid: child.pid, end: child.end }
}

/** Lets both hubs take turns: in every other round the other one begins. */
async function inTurns (rounds: number, hubs: readonly Hub[], take: (hub: Hub, index: number) => Promise<void>): Promise<void> {
  const order = [...hubs.entries()]
  for (let round = 0; round < rounds; round++) {
    for (const [index, hub] of round % 2 === 0 ? order : order.toReversed()) await take(hub, index)
  }
}

/** Ends everything that was started, whatever happens. */
async function withHubs<Result> (hubs: Hub[], crowds: Array<Child<CrowdSkills>>, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } finally {
    for (const crowd of crowds) crowd.end()
    await Promise.all(hubs.map(({ end }) => end()))
  }
}

/** Boxes as fast as they are taken, for each number of clients. @param onResult - called after each */
export async function measureFanOut (sizes: ReadonlyArray<{ clients: number, isTracked: boolean }>, pace: Pace, onResult: (result: FanOut) => void): Promise<FanOut[]> {
  const hubs = [await startHub(), await startRelay()]
  const crowd = startChild<CrowdSkills>('crowd.ts')
  return await withHubs(hubs, [crowd], async () => {
    const results: FanOut[] = []
    for (const { clients, isTracked } of sizes) {
      const turns: [FanOutTurn[], FanOutTurn[]] = [[], []]
      const form: BoxesForm = isTracked ? { ...usual, objects: [1, 2] } : usual
      for (const { port } of hubs) await crowd.call('gather', { port, clients })
      // The relay would pass on what starts objects as well, but there is nobody to tell.
      if (isTracked) await startTwo(crowd, hubs[0]?.port ?? 0)
      for (const { port } of hubs) await crowd.call('flood', { port, form, milliseconds: pace.warmUp, window })
      await inTurns(pace.rounds, hubs, async ({ port, pid }, index) => {
        const before = await readProcessorTime(pid)
        const { delivered, seconds } = await crowd.call('flood', { port, form, milliseconds: pace.turn, window })
        const after = await readProcessorTime(pid)
        turns[index]?.push({ throughput: delivered / seconds, processor: before === undefined || after === undefined ? undefined : (after - before) / delivered })
      })
      for (const { port } of hubs) await crowd.call('scatter', port)
      const result: FanOut = { clients, isTracked, ours: turns[0], relay: turns[1] }
      onResult(result)
      results.push(result)
    }
    return results
  })
}

/** Tracks the objects 1 and 2. */
async function startTwo (crowd: Child<CrowdSkills>, port: number): Promise<void> {
  await crowd.call('order', { port, texts: Array.from({ length: 2 }, () => '{"type":"start","cameraId":"camera","frameId":1620000000.25,"boxId":1}') })
}

/** A short message for very many clients, now and then. */
export async function measureMultitude (clients: number, pace: Pace): Promise<Multitude> {
  const hubs = [await startHub(), await startRelay()]
  // One for each: a process may have only so many files open.
  const crowds = hubs.map(() => startChild<CrowdSkills>('crowd.ts'))
  return await withHubs(hubs, crowds, async () => {
    const sides: MultitudeSide[] = []
    for (const [index, { port, pid }] of hubs.entries()) {
      const before = await readMemory(pid)
      await crowds[index]?.call('gather', { port, clients })
      sides.push({ before, connected: await readMemory(pid), peak: undefined, p50: [], p99: [] })
    }
    const form: BoxesForm = { bytes: 180 }
    const order = { form, messages: 4, pause: 500 }
    for (const [index, { port }] of hubs.entries()) await crowds[index]?.call('pace', { ...order, port })
    await inTurns(pace.rounds, hubs, async ({ port }, index) => {
      const result = await crowds[index]?.call('pace', { ...order, port })
      if (result === undefined) return
      sides[index]?.p50.push(result.p50)
      sides[index]?.p99.push(result.p99)
    })
    for (const [index, { pid }] of hubs.entries()) {
      const side = sides[index]
      if (side !== undefined) side.peak = await readPeakMemory(pid)
    }
    const [ours, relay] = sides
    if (ours === undefined || relay === undefined) throw new Error('there are two hubs')
    return { clients, ours, relay }
  })
}

/** A client that never reads. @param boxes - messages of boxes, @param pictures - objects with pictures */
export async function measureDeaf (boxes: number, pictures: number): Promise<Deaf> {
  const hub = await startHub({}, ['--expose-gc'])
  const { port } = hub
  const crowd = startChild<CrowdSkills>('crowd.ts')
  return await withHubs([hub], [crowd], async () => {
    const looks = 20
    let firstId = 1
    let end = ''
    /** The most that is held after each part of some work, beyond what is held before. */
    const growth = async (part: () => Promise<unknown>) => {
      const before = await readLive(hub.process)
      let most = 0
      for (let look = 0; look < looks; look++) {
        await part()
        most = Math.max(most, await readLive(hub.process) - before)
      }
      return most
    }
    const pass = async (deaf: number) => {
      await crowd.call('gather', { port, clients: 1, deaf, usesImages: true })
      const ofBoxes = await growth(() => crowd.call('flood', { port, form: usual, messages: boxes / looks, window }))
      const ofPictures = await growth(async () => {
        await crowd.call('track', { port, objects: pictures / looks, firstId, bytes: picture })
        firstId += pictures / looks
      })
      if (deaf > 0) end = (await crowd.call('wake', port)).join()
      await crowd.call('scatter', port)
      return { ofBoxes, ofPictures }
    }
    // The first time all that is kept of the past fills.
    await pass(0)
    const reading = await pass(0)
    const deaf = await pass(1)
    return {
      boxes: { reading: reading.ofBoxes, deaf: deaf.ofBoxes, sent: boxes * usual.bytes },
      pictures: { reading: reading.ofPictures, deaf: deaf.ofPictures, sent: pictures * picture },
      end
    }
  })
}

/** Objects that are started at once, and all expire. */
export async function measureExpiry (objects: number): Promise<Expiry> {
  const seconds = 30
  const hub = await startHub({ TRACKING_TIMEOUT: String(seconds), TRACKING_MAX_OBJECTS: String(objects) })
  const crowd = startChild<CrowdSkills>('crowd.ts')
  return await withHubs([hub], [crowd], async () => {
    const late = () => readDelay(hub.process)
    await crowd.call('gather', { port: hub.port, clients: 1, usesImages: true })
    await late()
    await crowd.call('start', { port: hub.port, objects })
    const starting = await late()
    const memory = await readMemory(hub.pid)
    await crowd.call('read', { port: hub.port, messages: objects, longest: 2 * seconds * 1000 })
    return { objects, starting, expiring: await late(), memory }
  })
}

/** The same for so many minutes. @param onSample - called with each sample */
export async function measureEndurance (minutes: number, onSample: (minutes: number, memory: number) => void): Promise<Endurance> {
  const hub = await startHub()
  const crowd = startChild<CrowdSkills>('crowd.ts')
  const [rate, clients, every] = [100, 20, 5000]
  return await withHubs([hub], [crowd], async () => {
    await crowd.call('gather', { port: hub.port, clients })
    const samples: Endurance['samples'] = []
    let sent = 0
    let read = 0
    let objects = 0
    const begun = performance.now()
    const elapsed = () => (performance.now() - begun) / 60_000
    while (elapsed() < minutes) {
      const part = await crowd.call('live', { port: hub.port, form: usual, milliseconds: Math.min(every, (minutes - elapsed()) * 60_000), rate, firstId: 1 + objects })
      sent += part.sent
      read += part.read
      objects += part.objects
      const memory = await readMemory(hub.pid)
      if (memory === undefined) continue
      samples.push([elapsed(), memory])
      onSample(elapsed(), memory)
    }
    // What is still under way when a part ends counts for the next one; and where the machine does something else for a moment, old boxes give way to new ones.
    if (read < 0.99 * sent * clients) throw new Error(`${sent} messages were sent to ${clients} clients, ${read} have come`)
    return { minutes, rate, clients, sent, objects, samples }
  })
}
