// Where the steps of a deployment would go and why: device by device, what fits, what is lacking, and what speaks for it.
import { useLayoutEffect, useRef } from 'preact/hooks'
import { DataTable } from '../../../components/data-table.tsx'
import type { Column } from '../../../components/data-table.tsx'
import { Problem } from '../../../components/problem.tsx'
import { State } from '../../../components/state.tsx'
import { formatNumber } from '../../../lib/texts.ts'
import type { Candidate, Decision, Plan, Scores } from './known.ts'
import { Because, curesOf, isAboutServer, Reason } from './reasons.tsx'
import { texts } from './texts.ts'

const parts: ReadonlyArray<readonly [name: keyof Scores, header: () => string]> = [
  ['memory', () => texts.partMemory], ['processor', () => texts.partProcessor], ['spread', () => texts.partSpread], ['locality', () => texts.partLocality], ['steadiness', () => texts.partSteadiness]
]

/** The explanation; its heading says the outcome and takes the focus when a plan comes. @param isOutdated - whether what was planned has been changed since */
export function PlanShown ({ plan, isOutdated }: { plan: Plan, isOutdated: boolean }) {
  const heading = useRef<HTMLHeadingElement>(null)
  useLayoutEffect(() => { heading.current?.focus() }, [plan])
  const lost = plan.decisions.filter(({ device }) => device === undefined).map(({ step }) => String(step + 1))
  return (
    <>
      <h3 tabIndex={-1} ref={heading}>{lost.length === 0 ? texts.planFits : texts.planFails(lost.length, lost.join(', '))}</h3>
      {isOutdated ? <p class='stale'>{texts.planOutdated}</p> : <p>{texts.planNothingChanged}</p>}
      {plan.decisions.map(decision => <DecisionShown key={decision.step} decision={decision} />)}
      <p class='hint'>{texts.scoreHint}</p>
    </>
  )
}

function DecisionShown ({ decision }: { decision: Decision }) {
  const { step, module, func, device, because, candidates, considered, refused } = decision
  const chosen = candidates.find(each => each.device === device)
  const title = texts.stepOf(step + 1, func, module)
  return (
    <>
      <h4>{title}</h4>
      {device === undefined
        ? <Lacking step={step + 1} because={because} candidates={candidates} />
        : <p>{texts.goesTo(chosen?.name ?? device)} <Because because={because} /></p>}
      {candidates.length === 0 ? null : <DataTable caption={texts.devicesFor(step + 1)} rows={candidates} rowKey={each => each.device} columns={columns(device)} />}
      {considered <= candidates.length
        ? null
        : (
          <>
            <p>{texts.notAllShown(candidates.length, considered)}</p>
            <ul>{Object.entries(refused).map(([reason, count]) => <li key={reason}>{texts.timesRefused(count)} <Reason reason={reason} /></li>)}</ul>
          </>
          )}
    </>
  )
}

/** Why a step fits nowhere, and what to do. */
function Lacking ({ step, because, candidates }: { step: number, because: string, candidates: readonly Candidate[] }) {
  // The server is no candidate that anybody thinks of.
  const devices = candidates.filter(({ reasons }) => !reasons.some(isAboutServer))
  const cures = curesOf(devices.flatMap(({ reasons }) => reasons))
  return (
    <Problem title={texts.fitsNowhere(step)}>
      {devices.length === 0 ? <p><Because because={because} /></p> : <ul>{devices.slice(0, 5).map(({ device, name, reasons }) => <li key={device}>{name}{texts.colon} <Reasons reasons={reasons} chosenElsewhere={reasons.length === 0} /></li>)}</ul>}
      {cures.length === 0 ? null : <><p>{texts.cures}</p><ul>{cures.map(cure => <li key={cure}>{cure}</li>)}</ul></>}
    </Problem>
  )
}

function Reasons ({ reasons, chosenElsewhere = false }: { reasons: readonly string[], chosenElsewhere?: boolean }) {
  if (reasons.length === 0) return <>{chosenElsewhere ? texts.notNamed : texts.none}</>
  return <>{reasons.map((reason, index) => <span key={index}>{index === 0 ? '' : '; '}<Reason reason={reason} /></span>)}</>
}

function columns (chosen: string | undefined): ReadonlyArray<Column<Candidate>> {
  const percent = (share: number | undefined) => share === undefined ? texts.none : `${formatNumber(100 * share)} %`
  return [
    { key: 'device', header: texts.device, cell: ({ name, reasons }) => reasons.some(isAboutServer) ? texts.thisServer : name, sortBy: ({ name }) => name },
    { key: 'verdict', header: texts.verdict, cell: ({ device, fits }) => device === chosen ? <State kind='good'>{texts.chosen}</State> : fits ? <State kind='off'>{texts.wouldDo}</State> : <State kind='bad'>{texts.doesNotFit}</State> },
    { key: 'lacks', header: texts.whatLacks, cell: ({ reasons }) => <Reasons reasons={reasons} /> },
    { key: 'score', header: texts.score, isNumeric: true, cell: ({ fits, score }) => percent(fits ? score : undefined), sortBy: ({ score }) => score },
    ...parts.map(([name, header]): Column<Candidate> => ({ key: name, header: header(), isNumeric: true, cell: ({ scores }) => percent(scores?.[name]), sortBy: ({ scores }) => scores?.[name] ?? -1 }))
  ]
}
