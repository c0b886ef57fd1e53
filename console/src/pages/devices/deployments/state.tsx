// The state of a deployment in a line or cell.
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
