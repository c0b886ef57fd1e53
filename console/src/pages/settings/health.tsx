// Whether the server is ready, what stands in the way, which version it is, and where more is written about it.
import { useEffect, useRef } from 'preact/hooks'
import { Loaded } from '../../components/loaded.tsx'
import { State, Time } from '../../components/state.tsx'
import { announce } from '../../lib/announce.ts'
import { address, api, ask } from '../../lib/api.ts'
import { useResource } from '../../lib/resource.ts'
import { formatDuration, formatRelative } from '../../lib/texts.ts'
import { askReadiness } from './readiness.ts'
import type { Readiness } from './readiness.ts'
import { texts } from './texts.ts'

/** Pause between two looks at the server's health, in milliseconds. */
const pause = 10_000

const kinds = { ready: 'good', troubled: 'warning', 'not ready': 'bad' } as const
const words = { ready: () => texts.ready, troubled: () => texts.troubled, 'not ready': () => texts.notReady }

/** Health and versions. */
export function Health () {
  return (
    <>
      <Ready />
      <Versions />
      <section aria-labelledby='documents'>
        <h2 id='documents'>{texts.documents}</h2>
        <ul>
          <li><a href={address('/docs')}>{texts.docsPage}</a></li>
          <li><a href={address('/docs/openapi.json')}>{texts.docsOpenApi}</a></li>
          <li><a href={address('/docs/tracking')}>{texts.docsTracking}</a></li>
          <li><a href={address('/docs/asyncapi.json')}>{texts.docsAsyncApi}</a></li>
          <li><a href={address('/health/ready')}>{texts.docsReady}</a></li>
        </ul>
      </section>
    </>
  )
}

function Ready () {
  const resource = useResource(askReadiness, [], { every: pause })
  useTold(resource.data?.status)
  return (
    <section aria-labelledby='readiness'>
      <h2 id='readiness'>{texts.readiness}</h2>
      <Loaded resource={resource}>
        {({ status, reasons, discovery }) => (
          <>
            <p><State kind={kinds[status]}>{words[status]()}</State></p>
            {reasons.length === 0
              ? <p>{texts.noReasons}</p>
              : <ul>{reasons.map(({ cause, cure, part }) => <li key={`${part} ${cause}`}>{part === '' ? null : <><code>{part}</code>{' '}</>}<span lang='en'>{cause}</span><br /><span class='hint'>{texts.cure} <span lang='en'>{cure}</span></span></li>)}</ul>}
            {discovery === undefined ? null : <p>{texts.discovery(discovery.provider)} <Time at={discovery.confirmedAt} /></p>}
            <p class='hint'>{texts.looked(formatDuration(pause))}</p>
          </>
        )}
      </Loaded>
    </section>
  )
}

/** Says when the state is another than before; not what it is at first, which the page says. */
function useTold (status: Readiness['status'] | undefined): void {
  const before = useRef<Readiness['status']>()
  useEffect(() => {
    if (status === undefined) return
    if (before.current !== undefined && before.current !== status) announce(words[status]())
    before.current = status
  }, [status])
}

function Versions () {
  const resource = useResource(signal => ask(api.GET('/configuration', { signal })), [])
  return (
    <section aria-labelledby='versions'>
      <h2 id='versions'>{texts.versions}</h2>
      <Loaded resource={resource}>
        {({ versions, modules, startedAt }) => (
          <dl class='facts'>
            <dt>{texts.versionOfTutti}</dt><dd>{versions.tutti}</dd>
            <dt>{texts.revision}</dt><dd>{versions.revision === undefined ? texts.unknown : <code>{versions.revision}</code>}</dd>
            <dt>{texts.versionOfNode}</dt><dd>{versions.node}</dd>
            <dt>{texts.modules}</dt><dd>{modules.join(', ')}</dd>
            <dt>{texts.startedAt}</dt><dd><Time at={startedAt} /> ({formatRelative(startedAt)})</dd>
          </dl>
        )}
      </Loaded>
    </section>
  )
}
