// A Docker engine without containers, in a process of its own: it lists whatever it is told.
import { rmSync, symlinkSync } from 'node:fs'
import path from 'node:path'
import type { ContainerSpec, FakeContainer } from '../test/lib/fixtures/engine-containers.ts'
import { createFakeEngine } from '../test/lib/fixtures/fake-engine.ts'
import { obey } from './child.ts'
import { network } from './graph.ts'

/** What the engine can be told. */
export type EngineSkills = Awaited<ReturnType<typeof createBenchEngine>>

/** Starts the engine. */
export async function createBenchEngine () {
  const engine = await createFakeEngine()
  // A server that asks which container it runs in itself finds this one.
  const own = engine.place({ name: 'orchestrator', networks: { [network]: '127.0.0.1' }, created: 1_600_000_000 })
  let running: FakeContainer[] = []
  let place: string | undefined
  process.on('exit', () => {
    rmSync(path.dirname(engine.socket), { recursive: true, force: true })
    if (place !== undefined) rmSync(place, { force: true })
  })
  return {
    /** Says where it listens, and which container a server may take for its own. @param link - another path by which its socket can be reached */
    where (link: string | undefined): { host: string, ownContainer: string } {
      if (link !== undefined) {
        rmSync(link, { force: true })
        symlinkSync(engine.socket, link)
        place = link
      }
      return { host: engine.host, ownContainer: own.id.slice(0, 12) }
    },
    /** Ends all containers and runs others, with the events that belong to it. */
    run (specs: ContainerSpec[]): void {
      for (const container of running) engine.remove(container)
      running = specs.map(spec => engine.run(spec))
      // Otherwise every question would be remembered.
      engine.calls.length = 0
    }
  }
}

if (import.meta.main) obey(await createBenchEngine())
