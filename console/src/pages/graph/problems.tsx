// What is wrong with services, and what the operator can do about it.
import { Problem } from '../../components/problem.tsx'
import { texts } from './texts.ts'
import { missingOf } from './topology.ts'
import type { Plan, Topology } from './topology.ts'

/** Problems and remarks. @param service - only what concerns it */
export function Problems ({ topology, plan, service }: { topology: Topology, plan: Plan | undefined, service?: string }) {
  const { obstacle, trouble, omitted } = topology
  const isMeant = (name: string) => service === undefined || name === service
  const problems = topology.problems.filter(each => isMeant(each.service))
  const missing = missingOf(topology).filter(each => isMeant(each.service))
  const remarks = plan?.remarks ?? []
  const isWhole = service === undefined
  const hasOmitted = isWhole && omitted.services + omitted.plans + omitted.problems > 0
  const count = problems.length + missing.length + remarks.length + (isWhole && (obstacle ?? trouble) !== undefined ? 1 : 0)
  return (
    <section>
      <h2>{texts.problems}</h2>
      {count === 0 ? <p>{texts.noProblems}</p> : null}
      {isWhole && obstacle !== undefined ? <Problem title={texts.listObstacle}><Trouble {...obstacle} /></Problem> : null}
      {isWhole && trouble !== undefined ? <Problem title={texts.listTrouble}><Trouble {...trouble} /></Problem> : null}
      {problems.length === 0
        ? null
        : (
          <>
            <h3>{texts.problemsFound}</h3>
            <ul class='cards plain'>
              {problems.map(({ service, cause, cure }, index) => <li class='card' key={index}><p><strong>{service}</strong></p><Trouble cause={cause} cure={cure} /></li>)}
            </ul>
          </>
          )}
      {missing.length === 0
        ? null
        : (
          <>
            <h3>{texts.missing}</h3>
            <p>{texts.missingCure}</p>
            <ul>{missing.map(({ service, needs, isRequired }) => <li key={`${service} ${needs}`}>{isRequired ? texts.missingRequired(service, needs) : texts.missingOptional(service, needs)}</li>)}</ul>
          </>
          )}
      {remarks.length === 0 ? null : <><h3>{texts.remarks}</h3><ul lang='en'>{remarks.map(remark => <li key={remark}>{remark}</li>)}</ul></>}
      {hasOmitted ? <p>{texts.omitted(omitted.services, omitted.plans, omitted.problems)}</p> : null}
    </section>
  )
}

/** What the server says of one: in its language. */
function Trouble ({ cause, cure }: { cause: string, cure: string }) {
  return (
    <dl>
      <dt>{texts.cause}</dt><dd lang='en'>{cause}</dd>
      <dt>{texts.cure}</dt><dd lang='en'>{cure}</dd>
    </dl>
  )
}
