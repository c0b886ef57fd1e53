// Who may take part, and what may run where: enrolment tokens, cards, zones and certificates.
import { Loaded } from '../../../components/loaded.tsx'
import { useResource } from '../../../lib/resource.ts'
import { Heading } from '../heading.tsx'
import { Cards } from './cards.tsx'
import { Certificates } from './certificates.tsx'
import { listNames } from './known.ts'
import { texts } from './texts.ts'
import { Tokens } from './tokens.tsx'
import { Zones } from './zones.tsx'

/** The page. */
export function Trust () {
  const names = useResource(listNames, [])
  return (
    <>
      <Heading title={texts.trust} />
      <Tokens />
      <Loaded resource={names}>
        {known => (
          <>
            <h3>{texts.risks}</h3>
            <p>{texts.risksLead}</p>
            <Zones />
            <Cards names={known} />
            <Certificates names={known} />
          </>
        )}
      </Loaded>
    </>
  )
}
