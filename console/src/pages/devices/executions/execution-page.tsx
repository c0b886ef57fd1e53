// One execution: how far it is, what came out, and what went wrong.
import { useEffect, useRef, useState } from 'preact/hooks'
import { Link } from 'wouter-preact'
import { Failed, Waiting } from '../../../components/loaded.tsx'
import { Problem } from '../../../components/problem.tsx'
import { Copy, State, Time } from '../../../components/state.tsx'
import { announce } from '../../../lib/announce.ts'
import { api, ask, unlessMissing } from '../../../lib/api.ts'
import type { ApiFailure } from '../../../lib/api.ts'
import { useResource } from '../../../lib/resource.ts'
import { formatDuration } from '../../../lib/texts.ts'
import { FocusedFailure, failureFrom } from '../failure.tsx'
import { Heading } from '../heading.tsx'
import { isEnded, valueOf } from './known.ts'
import type { Execution } from './known.ts'
import { Output } from './output.tsx'
import { ExecutionState } from './state.tsx'
import { texts } from './texts.ts'
import { useExecution } from './watch.ts'

/** An execution by its id. */
export function ExecutionPage ({ id }: { id: string }) {
  const { execution, stream, failure } = useExecution(id)
  return (
    <>
      <p><Link href='/executions'>{texts.all}</Link></p>
      {execution === undefined ? null : <Shown execution={execution} isLost={stream === 'lost' && !isEnded(execution)} />}
      {execution !== undefined ? null : failure === undefined ? <Waiting /> : failure.kind === 'missing' ? <p class='empty'>{texts.missing}</p> : <Failed failure={failure} />}
    </>
  )
}

function Shown ({ execution, isLost }: { execution: Execution, isLost: boolean }) {
  const { deployment, parameters, files, createdAt, startedAt, endedAt, isInFailover, error } = execution
  const name = useResource(async signal => (await unlessMissing(ask(api.GET('/api/v1/deployments/{id}', { params: { path: { id: deployment } }, signal }))))?.name ?? null, [deployment])
  const given = [...Object.entries(parameters).map(([name, value]) => `${name} = ${value}`), ...files]
  return (
    <>
      <Heading title={name.data === undefined ? texts.execution : texts.title(name.data ?? texts.goneDeployment)} />
      {isLost ? <p class='stale'>{texts.lost}</p> : null}
      <dl class='facts'>
        <dt>{texts.state}</dt><dd><ExecutionState execution={execution} />{isInFailover ? <> <State kind='warning'>{texts.inFailover}</State></> : null}</dd>
        <dt>{texts.when}</dt><dd><Time at={createdAt} /></dd>
        {startedAt === undefined || endedAt === undefined ? null : <><dt>{texts.took}</dt><dd>{formatDuration(endedAt - startedAt)}</dd></>}
        <dt>{texts.given}</dt><dd>{given.length === 0 ? texts.nothing : given.join(', ')}</dd>
      </dl>
      <Actions execution={execution} canRunAgain={typeof name.data === 'string'} />
      {error === undefined ? null : <Problem title={texts.wentWrong}><p lang='en'>{error.message}</p><p>{texts.code(error.code)}</p>{error.details === undefined || error.details === null ? null : <pre tabIndex={0} role='region' aria-label={texts.details} lang='en'>{JSON.stringify(error.details, null, 2).slice(0, 5000)}</pre>}</Problem>}
      <Result execution={execution} />
      <h3>{texts.progress}</h3>
      {execution.progress.length === 0 ? <p class='empty'>{texts.noProgress}</p> : <ol>{execution.progress.map(({ time, what }, index) => <li key={index}><Time at={time} /> <span lang='en'>{what}</span></li>)}</ol>}
    </>
  )
}

function Actions ({ execution, canRunAgain }: { execution: Execution, canRunAgain: boolean }) {
  const { id, deployment } = execution
  const [failure, setFailure] = useState<ApiFailure>()
  const cancelButton = useRef<HTMLButtonElement>(null)
  const isOver = isEnded(execution)
  const hadFocus = useRef(false)
  // The button goes with the end of what it would cancel; the focus it had goes to the heading.
  hadFocus.current ||= document.activeElement !== null && document.activeElement === cancelButton.current
  useEffect(() => {
    if (isOver && hadFocus.current) document.querySelector<HTMLElement>('main h2')?.focus()
  }, [isOver])
  const cancel = () => {
    setFailure(undefined)
    ask(api.POST('/api/v1/executions/{id}/cancel', { params: { path: { id } } })).then(() => announce(texts.isCancelled), error => setFailure(failureFrom(error)))
  }
  return (
    <>
      {failure === undefined ? null : <FocusedFailure failure={failure} />}
      <div class='actions'>
        {isOver ? null : <button type='button' ref={cancelButton} onClick={() => cancel()}>{texts.cancel}</button>}
        {canRunAgain ? <Link href={`/run/${deployment}/like/${id}`}>{texts.runAgain}</Link> : null}
      </div>
    </>
  )
}

function Result ({ execution }: { execution: Execution }) {
  const { id, state, outputs } = execution
  const value = valueOf(execution)
  const files = Object.entries(outputs)
  if (state !== 'succeeded' && files.length === 0 && value === undefined) return null
  return (
    <>
      <h3>{texts.result}</h3>
      {value === undefined && files.length === 0 ? <p class='empty'>{texts.noResult}</p> : null}
      {value === undefined ? null : <><pre tabIndex={0} role='region' aria-label={texts.result}>{value.slice(0, 100_000)}</pre><div class='actions'><Copy text={value} label={texts.copy} /></div></>}
      {files.map(([name, file]) => <Output key={name} name={name} file={file} path={`/api/v1/executions/${id}/outputs/${encodeURIComponent(name)}`} />)}
    </>
  )
}
