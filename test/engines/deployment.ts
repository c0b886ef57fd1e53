// An installation as an operator has it: a copy of the compose folder, prepared, its settings, and the programs run in it.
import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { parseEnv } from 'node:util'
import type { Test } from 'tap'
import { docker, root, run } from './command.ts'

/** An installation. */
export interface Deployment {
  /** Its folder, with .env in it. */
  folder: string
  /** What .env says, and what the test adds. */
  environment: NodeJS.ProcessEnv
  /** Runs docker-compose with arguments separated by spaces. */
  compose (args: string): Promise<string>
}

/** Copies the compose folder with the fixtures beside it and runs prepare.sh. `settings` go before those of .env. */
export async function prepareDeployment (settings: NodeJS.ProcessEnv): Promise<Deployment> {
  const folder = path.join(mkdtempSync(path.join(process.env.TUTTI_ENGINES ?? '/tmp', 'deployment-')), 'compose')
  cpSync(path.join(root, 'compose'), folder, { recursive: true, filter: source => !/(^|\/)(\.env|keys)$/.test(source) })
  cpSync(path.join(import.meta.dirname, 'fixtures'), folder, { recursive: true })
  await run('sh', ['prepare.sh'], { folder })
  // On a machine of two processors that starts a dozen containers at once every loop is late now and then, and no request may be lost for that.
  const environment = { ...parseEnv(readFileSync(path.join(folder, '.env'), 'utf8')), MAX_EVENT_LOOP_DELAY: '0', ...settings }
  return { folder, environment, compose: args => run('docker-compose', args.split(' '), { folder, environment }) }
}

/**
 * Waits until something is so: looks at once, and again after each event of the engine.
 * @param look - gives undefined while it is not yet so
 * @throws Error that names what was waited for, after `patience` milliseconds
 */
export async function until<T> (what: string, look: () => Promise<T | undefined>, patience = 120000): Promise<T> {
  const events = spawn('docker', ['events', '--format', '{{.Action}}', ...['start', 'die', 'health_status'].flatMap(event => ['--filter', `event=${event}`])], { stdio: ['ignore', 'pipe', 'ignore'] })
  const tooLate = AbortSignal.timeout(patience)
  try {
    let changed = Promise.withResolvers<void>()
    createInterface(events.stdout).on('line', () => changed.resolve())
    // Not all that counts is an event: the engine may be away, and a server takes a moment after its container has changed.
    const tick = setInterval(() => changed.resolve(), 500)
    tooLate.addEventListener('abort', () => changed.resolve())
    try {
      for (;;) {
        changed = Promise.withResolvers<void>()
        const found = await look().catch(() => undefined)
        if (found !== undefined) return found
        if (tooLate.aborted) throw new Error(`${what}: not within ${patience / 1000} s\n${await docker('ps --all').catch(String)}`)
        await changed.promise
      }
    } finally {
      clearInterval(tick)
    }
  } finally {
    events.kill()
  }
}

/** Waits until so many containers with the label given run and, where they have a check, are healthy; gives their ids. */
export async function untilHealthy (label: string, count: number, patience?: number): Promise<string[]> {
  return await until(`${count} healthy containers of ${label}`, async () => {
    const lines = (await docker(`ps --no-trunc --filter label=${label} --format {{.ID}}|{{.Status}}`)).split('\n').filter(line => line !== '')
    const healthy = lines.filter(line => !/\((unhealthy|health: starting)\)|\|Restarting/.test(line)).map(line => line.split('|')[0] ?? '')
    return lines.length === count && healthy.length === count ? healthy : undefined
  }, patience)
}

/** Sends a graphic; gives status and texts, whatever happens: status 0 is a connection that failed. */
export async function render (origin: string, members: Record<string, unknown>): Promise<{ status: number, texts: string[], renderers: string[], said: string }> {
  const body = JSON.stringify({
    request_uuid: crypto.randomUUID(),
    timestamp: Math.floor(Date.now() / 1000),
    language: 'en',
    capabilities: [],
    renderers: ['Text', 'SimpleAudio', 'TactileSVG'].map(name => `ca.mcgill.a11y.image.renderer.${name}`),
    ...members
  })
  try {
    const response = await fetch(`${origin}/render`, { method: 'POST', headers: { 'content-type': 'application/json' }, body, signal: AbortSignal.timeout(60000) })
    const said = await response.text()
    if (response.status !== 200) return { status: response.status, texts: [], renderers: [], said: said.slice(0, 500) }
    const { renderings } = JSON.parse(said) as { renderings: Array<{ type_id: string, data: { text?: string } }> }
    return { status: 200, texts: renderings.flatMap(({ data }) => data.text ?? []), renderers: renderings.map(each => each.type_id), said: response.headers.get('server-timing') ?? '' }
  } catch (error) {
    return { status: 0, texts: [], renderers: [], said: String((error as Error).cause ?? error) }
  }
}

/** The photograph of a cup, as a browser sends it. */
export function photo (): Record<string, unknown> {
  const file = readFileSync(path.join(root, 'test/fixtures/graphics/coffee.jpg'))
  return { graphic: `data:image/jpeg;base64,${file.toString('base64')}`, dimensions: [600, 400], context: '' }
}

/** Members of a request that the service "who" alone looks at. */
export const whoAnswers = { route: 'who', graphic: 'data:image/png;base64,iVBORw0KGgo=', dimensions: [1, 1], context: '' }

/** Steady load; see startLoad. */
export interface Load {
  /** How many requests have been answered as they should be. */
  answered: number
  /** What went wrong, one line for each request. */
  failures: string[]
  /** When each container, by the host name it says, has answered first, by performance.now(). */
  firstSeen: Map<string, number>
  /** Resolves when so many more requests have been answered; throws, with the last failures, when that takes longer than two minutes. */
  more (count: number): Promise<void>
  /** Ends it and waits for the last answer. */
  stop (): Promise<void>
}

/** Asks the service "who" again and again, over several connections at a time, until it is stopped at the latest when the test ends. */
export function startLoad (t: Test, origin: string, clients = 4): Load {
  const ending = new AbortController()
  let waiting: Array<{ at: number, resolve: () => void }> = []
  const patience = 120000
  const load: Load = {
    answered: 0,
    failures: [],
    firstSeen: new Map(),
    more: count => new Promise((resolve, reject) => {
      const tooLate = setTimeout(() => reject(new Error(`${load.answered} requests answered, too few in time:\n${load.failures.slice(-5).join('\n')}`)), patience)
      waiting.push({ at: load.answered + count, resolve () { clearTimeout(tooLate); resolve() } })
    }),
    async stop () {
      ending.abort()
      await Promise.all(loops)
    }
  }
  const loops = Array.from({ length: clients }, async () => {
    while (!ending.signal.aborted) {
      const { status, texts: [who], said } = await render(origin, whoAnswers)
      if (status === 200 && who !== undefined) {
        load.answered++
        if (!load.firstSeen.has(who)) load.firstSeen.set(who, performance.now())
      } else {
        load.failures.push(`${new Date().toISOString()} ${status} ${said}`)
        // A server that is gone refuses thousands of requests a second; one failure says enough for a while.
        await new Promise(resolve => setTimeout(resolve, 50))
      }
      for (const { resolve } of waiting.filter(({ at }) => at <= load.answered)) resolve()
      waiting = waiting.filter(({ at }) => at > load.answered)
    }
  })
  t.teardown(() => load.stop())
  return load
}
