// The state of a deployment in a line or cell, and what may be said of it.
import { State } from '../../../components/state.tsx'
import type { Deployment } from './known.ts'
import { texts } from './texts.ts'

/** Whether it is wanted, whether it is there, and whether a step is elsewhere than where it belongs. */
export function DeploymentState ({ deployment: { isWanted, isReady, isInFailover, isLeaving } }: { deployment: Pick<Deployment, 'isWanted' | 'isReady' | 'isInFailover' | 'isLeaving'> }) {
  return (
    <>
      {isLeaving
        ? <State kind='busy'>{texts.leaving}</State>
        : isWanted ? isReady ? <State kind='good'>{texts.ready}</State> : <State kind='busy'>{texts.waiting}</State> : <State kind='off'>{texts.notWanted}</State>}
      {isInFailover ? <> <State kind='warning'>{texts.inFailover}</State></> : null}
    </>
  )
}

/** What has changed by itself between two looks at a deployment, in sentences. */
export function whatChanged (before: Deployment, after: Deployment, nameOf: (device: string) => string): readonly string[] {
  const moves = before.generation !== after.generation
    ? []
    : after.sequence.flatMap(({ device, func }, index) => {
      const from = before.sequence[index]?.device
      if (from === undefined || from === device) return []
      return [after.isInFailover ? texts.failedOver(index + 1, func, nameOf(from), nameOf(device)) : texts.returned(index + 1, func, nameOf(device))]
    })
  const failed = Object.entries(after.rollouts).filter(([device, { state }]) => state === 'failed' && before.rollouts[device]?.state !== 'failed')
  return [...moves, ...failed.map(([device]) => texts.notTaken(nameOf(device), after.name)), ...after.isReady && !before.isReady ? [texts.nowReady(after.name)] : []]
}
