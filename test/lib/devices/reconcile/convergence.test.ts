// Whatever happens to devices, in whichever order: once all are back, they hold what is wanted, and nothing else.
import t from 'tap'
import { sized } from '../../../long.ts'
import { isReadyNow, prepare } from './surroundings.ts'
import type { Behaviour } from './surroundings.ts'

/** Numbers from 0 to 1, the same each time (mulberry32). */
function numbersFrom (seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const names = ['a', 'b', 'c', 'd', 'e']
const behaviours: Behaviour[] = ['well', 'refuses', 'unreachable', 'hangs']

for (let seed = 1; seed <= sized(6, 300); seed++) {
  t.test(`F28: faults in any order end in what is wanted (schedule ${seed})`, async t => {
    const random = numbersFrom(seed)
    const pick = <T>(of: readonly T[]): T => {
      const one = of[Math.floor(random() * of.length)]
      if (one === undefined) throw new RangeError('nothing to pick')
      return one
    }
    const first = await prepare(t, { names, timeout: 20 })
    const second = await prepare(t, { registry: first.registry.join(), share: first, timeout: 20 })
    const { deployments, manifest, named, simulated, registry, until } = first
    const see = async (name: string, change: Parameters<typeof first.see>[1]) => {
      await first.see(name, change)
      await second.see(name, change)
    }
    const sessions = new Map(names.map(name => [name, 1]))
    const isSeen = new Map(names.map(name => [name, true]))
    const ids: string[] = []
    const leaders = [first.leader]

    for (const name of ['x', 'y', 'z']) {
      const { id } = await deployments.create(manifest(name, `one on ${pick(names)} or ${pick(names)} ${pick(names)}`, 'two', `one on ${pick(names)}`))
      ids.push(id)
      await deployments.deploy(id)
    }
    const removed = new Set<string>()
    for (let step = 0; step < 40; step++) {
      const name = pick(names)
      const id = pick(ids)
      const isOnline = isSeen.get(name) === true
      switch (Math.floor(random() * 9)) {
        case 0: simulated(name).behaviour = pick(behaviours); break
        case 1: case 2: {
          isSeen.set(name, !isOnline)
          if (!isOnline) sessions.set(name, (sessions.get(name) ?? 1) + 1)
          // A device that is back has sometimes lost everything.
          if (!isOnline && random() < 0.5) simulated(name).holds.clear()
          await see(name, { state: isOnline ? 'offline' : 'online', sessions: sessions.get(name) ?? 1 })
          break
        }
        case 3: await see(name, { blacklisted: random() < 0.5 ? { reason: undefined, since: 1 } : undefined }); break
        case 4: await see(name, { addresses: [`127.0.0.${1 + Math.floor(random() * 200)}`] }); break
        case 5: if (!removed.has(id)) await deployments.deploy(id); break
        case 6: if (!removed.has(id)) await deployments.stop(id); break
        case 7: if (!removed.has(id) && random() < 0.3) {
          removed.add(id)
          await deployments.remove(id)
        } break
        default: if (step > 20) await leaders.pop()?.close()
      }
      if (random() < 0.7) await new Promise(resolve => setTimeout(resolve, random() * 8))
    }

    // All are back, and do as they are told.
    for (const name of names) simulated(name).behaviour = 'well'
    for (const name of names) {
      if (isSeen.get(name) !== true) sessions.set(name, (sessions.get(name) ?? 1) + 1)
      await see(name, { state: 'online', blacklisted: undefined, sessions: sessions.get(name) ?? 1 })
    }
    for (const id of ids) if (!removed.has(id) && (await registry.deployments.get(id))?.isWanted === false && random() < 0.5) await deployments.deploy(id)
    for (const id of ids) {
      await until(id, deployment => {
        if (removed.has(id)) return deployment === undefined
        if (deployment?.isWanted !== true) return Object.keys(deployment?.rollouts ?? {}).length === 0
        return isReadyNow(deployment) && !deployment.isInFailover && Object.keys(deployment.rollouts).length === Object.keys(deployment.nodes).length
      })
    }
    for (const name of names) {
      const wanted: Record<string, unknown> = {}
      for (const deployment of await registry.deployments.list()) {
        const document = deployment.isWanted ? deployment.nodes[named(name)] : undefined
        if (document !== undefined) wanted[deployment.id] = document
      }
      t.strictSame(Object.fromEntries(simulated(name).holds), wanted, `${name} holds what is wanted`)
    }

    // And from now on nobody is told anything, however often all is looked at.
    const told = names.map(name => simulated(name).told.length)
    const { writes } = registry
    for (let times = 0; times < 3; times++) {
      for (const { reconciler } of [first, second]) reconciler.wake()
      while (first.reconciler.numbers.waiting + second.reconciler.numbers.waiting > 0) await new Promise(setImmediate)
    }
    t.strictSame(names.map(name => simulated(name).told.length), told)
    t.equal(registry.writes, writes, 'and nothing is written')
  })
}
