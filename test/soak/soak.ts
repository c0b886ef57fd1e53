// A soak: the server in a process of its own, under load at most of its capacity while everything around it misbehaves, and watched all along.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { randomBytes } from 'node:crypto'
import { createRandom } from '../fixtures/json/random-text.ts'
import { startServer, startServices } from './children.ts'
import { createClient } from './exchange.ts'
import { createGraphicSource } from './graphics.ts'
import { findCapacity, openLoad } from './load.ts'
import { createMixture } from './mixture.ts'
import { createSampler, isIdle } from './samples.ts'
import type { Sample, Sampler } from './samples.ts'
import { createStorageClearing, writeServicesFile } from './surroundings.ts'
import type { SoakResult } from './verdict.ts'

/** How long a soak takes, and who follows it. */
export interface SoakOptions {
  /** Of the load itself. */
  seconds: number
  /** Of the search for the capacity. */
  searchSeconds: number
  /** Share of the capacity that the load asks for. */
  share: number
  /** Between two samples, between two collections of garbage, and between two services files. */
  sampleSeconds: number
  collectSeconds: number
  changeSeconds: number
  /** Longest time for everything to settle before and after the load. */
  settleSeconds: number
  /** What the choices of clients and services follow from. */
  seed: number
  /** Told of each sample. */
  onSample?: (sample: Sample) => void
  /** Told of what begins. */
  onPhase?: (phase: string) => void
}

const maxBody = 8 * 1024 * 1024

/** Errors in the log that are no fault of the server's: one in five services files cannot be used, and a disk may be slow. */
const expectedErrors = [
  'the services file cannot be used; the last good one stays in force (',
  'requests are not stored; they are answered all the same (requests come faster than STORAGE_DIR can be written to)',
  'requests are not stored; they are answered all the same (the disk of STORAGE_DIR does not answer)'
]

/** Runs a soak. @throws Error where the server ends before it should */
export async function runSoak (options: SoakOptions): Promise<SoakResult> {
  const { seconds, searchSeconds, share, sampleSeconds, collectSeconds, changeSeconds, settleSeconds, seed, onSample, onPhase } = options
  const random = createRandom(seed)
  const operatorToken = randomBytes(16).toString('hex')
  const folder = await mkdtemp(path.join(tmpdir(), 'tutti-soak-'))
  const storage = path.join(folder, 'stored')
  const services = await startServices(seed)
  const servicesFile = await writeServicesFile(folder, services.origins)
  const server = await startServer({
    SERVICES_FILE: servicesFile.path,
    PARALLEL_PREPROCESSORS: 'ON',
    MAX_BODY: String(maxBody),
    MAX_REPLY: '1mb',
    CACHE_BYTES: '200kb',
    STORE_IMAGE_DATA: 'ON',
    STORAGE_DIR: storage,
    DATA_DIR: path.join(folder, 'data'),
    OPERATOR_TOKEN: operatorToken,
    PREPROCESSOR_TIMEOUT: '1000',
    HANDLER_TIMEOUT: '1000',
    REQUEST_TIMEOUT: '1800',
    SET_ASIDE_TIME: '1000',
    SHUTDOWN_TIMEOUT: '3000'
  })
  const client = createClient(server.port)
  const clearing = createStorageClearing(storage, random)
  const mixture = createMixture({ client, graphics: createGraphicSource(random), random, operatorToken, maxBody, stored: clearing.left })
  const observer = createClient(server.port)
  const observe = () => createSampler(server, observer, operatorToken)
  const settle = (isSettled: (sample: Sample) => boolean) => {
    // Its connections would keep the server's open.
    client.close()
    return settled(observe(), settleSeconds, isSettled)
  }
  const clear = startRepeating(2, clearing.clear)

  try {
    onPhase?.('the capacity is looked for')
    const capacity = await findCapacity(mixture, searchSeconds)
    const before = await settle(becomesSteady())

    const rate = capacity.rate * share
    onPhase?.(`${rate.toFixed(0)} visits a second, of ${capacity.rate.toFixed(0)} at best`)
    const searched = { ...mixture.counts }
    const samples: Sample[] = []
    const sampler = observe()
    let collected = 0
    const sampling = startRepeating(sampleSeconds, async () => {
      const isDue = performance.now() - collected >= collectSeconds * 1000
      if (isDue) collected = performance.now()
      const sample = await sampler.sample(isDue)
      samples.push(sample)
      onSample?.(sample)
    })
    const changing = startRepeating(changeSeconds, servicesFile.change)
    const load = await openLoad(mixture, rate, seconds, random)
    await Promise.all([sampling.stop(), changing.stop()])

    onPhase?.('everything settles')
    const isSteady = becomesSteady()
    const after = await settle(sample => isSteady(sample) || (isIdle(sample) && sample.descriptors <= before.descriptors))
    await clear.stop()
    observer.close()
    const exitCode = await server.stop()
    return {
      seed,
      capacity: capacity.rate,
      rate,
      load,
      kinds: Object.fromEntries(Object.entries(mixture.counts).map(([kind, number]) => [kind, number - (searched[kind] ?? 0)])),
      samples,
      before,
      after,
      stored: clearing.counts,
      earlyWrongs: capacity.wrongs,
      exitCode,
      stderr: server.stderr(),
      errors: Object.fromEntries([...server.errors].filter(([text]) => !expectedErrors.some(expected => text.startsWith(expected))))
    }
  } finally {
    client.close()
    observer.close()
    await clear.stop()
    server.kill()
    services.stop()
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** Says of the samples of one quiet time, one after the other, whether nothing is under way and open files have become no fewer in the last ten. */
function becomesSteady (): (sample: Sample) => boolean {
  let fewest = Infinity
  let steady = 0
  return sample => {
    steady = sample.descriptors < fewest ? 0 : steady + 1
    fewest = Math.min(fewest, sample.descriptors)
    return isIdle(sample) && steady >= 10
  }
}

/** Samples until all is as wanted, or the time is over. */
async function settled (sampler: Sampler, seconds: number, isSettled: (sample: Sample) => boolean): Promise<Sample> {
  const end = performance.now() + seconds * 1000
  for (;;) {
    const sample = await sampler.sample(true)
    if (isSettled(sample) || performance.now() > end) return sample
    await new Promise(resolve => setTimeout(resolve, 500))
  }
}

/** Does something again and again, with a pause between; what it throws is thrown by `stop`, which may be called twice. */
function startRepeating (seconds: number, work: () => Promise<void>): { stop (): Promise<void> } {
  const ending = new AbortController()
  const run = async () => {
    while (!ending.signal.aborted) {
      await work()
      await new Promise<void>(resolve => {
        const timer = setTimeout(resolve, seconds * 1000)
        ending.signal.addEventListener('abort', () => {
          clearTimeout(timer)
          resolve()
        }, { once: true })
      })
    }
  }
  const running = run().then(() => undefined, (error: unknown) => ({ error }))
  return {
    async stop () {
      ending.abort()
      const failure = await running
      if (failure !== undefined) throw failure.error
    }
  }
}
