// What devices answer, and what is so of a deployment since when.
import { DataTable } from '../../../components/data-table.tsx'
import { State, Time } from '../../../components/state.tsx'
import type { Deployment, Rollout } from './known.ts'
import { ConditionReason } from './reasons.tsx'
import { texts } from './texts.ts'

const kinds = { pending: 'busy', ready: 'good', failed: 'bad', removing: 'busy' } as const
const words: Record<Rollout['state'], () => string> = { pending: () => texts.rolloutPending, ready: () => texts.rolloutReady, failed: () => texts.rolloutFailed, removing: () => texts.rolloutRemoving }

/** Most characters of an answer. */
const longestAnswer = 500

/** How far each device is. */
export function Rollouts ({ deployment: { rollouts }, names }: { deployment: Deployment, names: ReadonlyMap<string, string> }) {
  return (
    <DataTable
      caption={texts.rolloutsCaption} isCaptionHeardOnly rows={Object.entries(rollouts)} rowKey={([id]) => id} empty={<p class='empty'>{texts.noRollouts}</p>}
      columns={[
        { key: 'device', header: texts.device, cell: ([id]) => names.get(id) ?? id },
        { key: 'state', header: texts.state, cell: ([, { state }]) => <State kind={kinds[state]}>{words[state]()}</State> },
        { key: 'answer', header: texts.answer, cell: ([, { answer }]) => <Answer answer={answer} /> },
        { key: 'attempts', header: texts.attempts, isNumeric: true, cell: ([, { attempts }]) => String(attempts) },
        { key: 'retry', header: texts.nextTry, cell: ([, { retryAt }]) => retryAt === undefined ? texts.none : <Time at={retryAt} /> }
      ]}
    />
  )
}

function Answer ({ answer }: { answer: Rollout['answer'] }) {
  if (answer === undefined) return <>{texts.notAnswered}</>
  const { status, data, time } = answer
  const said = typeof data === 'string' ? data : data === undefined || data === null ? '' : JSON.stringify(data)
  return <>{status === undefined ? texts.noAnswer : texts.answered(status)}, <Time at={time} />{said === '' ? null : <>{texts.colon} <span lang='en'>{said.slice(0, longestAnswer)}</span></>}</>
}

const types: Record<string, () => string> = { Placed: () => texts.conditionPlaced, Ready: () => texts.ready, InFailover: () => texts.inFailover, RiskAccepted: () => texts.conditionRisk }

/** What is so, and what is not. */
export function Conditions ({ deployment: { conditions }, names }: { deployment: Deployment, names: ReadonlyMap<string, string> }) {
  return (
    <DataTable
      caption={texts.conditionsCaption} isCaptionHeardOnly rows={conditions} rowKey={({ type }) => type}
      columns={[
        { key: 'type', header: texts.condition, cell: ({ type }) => types[type]?.() ?? type },
        { key: 'status', header: texts.isSo, cell: ({ status }) => status ? texts.yes : texts.no },
        { key: 'reason', header: texts.why, cell: ({ reason }) => <ConditionReason reason={reason} names={names} /> },
        { key: 'since', header: texts.since, cell: ({ since }) => <Time at={since} /> }
      ]}
    />
  )
}
