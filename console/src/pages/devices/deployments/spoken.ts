// What is said of deployments while somebody looks at them.
import { useEffect, useRef } from 'preact/hooks'
import { announce } from '../../../lib/announce.ts'
import type { Deployment } from './known.ts'
import { texts } from './texts.ts'

/** Says what changes by itself: steps that move, devices that do not take it, and that all of them have it. @param names - of devices, by id */
export function useSpokenChanges (deployments: readonly Deployment[] | undefined, names: ReadonlyMap<string, string>, { areNamed = false } = {}): void {
  const before = useRef<ReadonlyMap<string, Deployment>>(new Map())
  useEffect(() => {
    if (deployments === undefined) return
    for (const deployment of deployments) {
      const old = before.current.get(deployment.id)
      if (old === undefined) continue
      const nameOf = (device: string) => names.get(device) ?? device
      for (const sentence of whatMoved(old, deployment, nameOf)) announce(areNamed ? texts.ofDeployment(deployment.name, sentence) : sentence)
      for (const sentence of whatBecame(old, deployment, nameOf)) announce(sentence)
    }
    before.current = new Map(deployments.map(each => [each.id, each]))
  }, [deployments])
}

/** Steps that have moved by themselves between two looks, in sentences. */
function whatMoved (before: Deployment, after: Deployment, nameOf: (device: string) => string): readonly string[] {
  if (before.generation !== after.generation) return []
  return after.sequence.flatMap(({ device, func }, index) => {
    const from = before.sequence[index]?.device
    if (from === undefined || from === device) return []
    return [after.isInFailover ? texts.failedOver(index + 1, func, nameOf(from), nameOf(device)) : texts.returned(index + 1, func, nameOf(device))]
  })
}

/** What devices have made of it between two looks, in sentences with its name. */
function whatBecame (before: Deployment, after: Deployment, nameOf: (device: string) => string): readonly string[] {
  const failed = Object.entries(after.rollouts).filter(([device, { state }]) => state === 'failed' && before.rollouts[device]?.state !== 'failed')
  return [...failed.map(([device]) => texts.notTaken(nameOf(device), after.name)), ...after.isReady && !before.isReady ? [texts.nowReady(after.name)] : []]
}
