// What one can do with a deployment.
import { useState } from 'preact/hooks'
import { Link, useLocation } from 'wouter-preact'
import { Confirm } from '../../../components/dialog.tsx'
import { announce } from '../../../lib/announce.ts'
import { api, ask } from '../../../lib/api.ts'
import type { Deployment } from './known.ts'
import { texts } from './texts.ts'

/** The links and buttons. None of them goes away while it has the focus: one that can do nothing says so. @param onAct - does something, and says that it is done */
export function Actions ({ deployment: { id, name, isWanted, isLeaving }, onAct, onExplain }: { deployment: Deployment, onAct: (work: () => Promise<unknown>, said?: string) => void, onExplain: () => void }) {
  const [isAsked, setAsked] = useState(false)
  const [, navigate] = useLocation()
  const params = { path: { id } }
  const deploy = () => onAct(async () => await ask(api.POST('/api/v1/deployments/{id}/deploy', { params })), texts.deploying(name))
  const stop = () => {
    if (!isWanted) return announce(texts.isNotWanted)
    onAct(async () => await ask(api.POST('/api/v1/deployments/{id}/stop', { params })), texts.stopping(name))
  }
  const remove = () => onAct(async () => {
    await ask(api.DELETE('/api/v1/deployments/{id}', { params }))
    navigate('/deployments')
  }, texts.deleting(name))
  if (isLeaving) return <p>{texts.leavingText}</p>
  return (
    <>
      <div class='actions'>
        <button type='button' class='main' onClick={deploy}>{isWanted ? texts.deployAgain : texts.deploy}</button>
        <button type='button' aria-disabled={!isWanted} onClick={stop}>{texts.stop}</button>
        <button type='button' onClick={onExplain}>{texts.explain}</button>
        <button type='button' class='dangerous' onClick={() => setAsked(true)}>{texts.remove}</button>
      </div>
      <ul>
        <li><Link href={`/run/${id}`}>{texts.run}</Link></li>
        <li><Link href={`/deployments/${id}/change`}>{texts.change}</Link></li>
      </ul>
      <Confirm title={texts.removeTitle(name)} action={texts.remove} isOpen={isAsked} onClose={() => setAsked(false)} onConfirm={remove}>
        <p>{texts.removeText}</p>
      </Confirm>
    </>
  )
}
