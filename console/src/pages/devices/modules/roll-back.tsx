// Having another version of a module deployed.
import { useState } from 'preact/hooks'
import { Confirm } from '../../../components/dialog.tsx'
import { texts } from './texts.ts'

/** The button, which asks before it is done: what runs on devices changes with it. */
export function RollBack ({ name, version, isDescribed, onChosen }: { name: string, version: number, isDescribed: boolean, onChosen: () => void }) {
  const [isAsked, setAsked] = useState(false)
  return (
    <>
      <button type='button' onClick={() => setAsked(true)}>{texts.use(version)}</button>
      <Confirm title={texts.useTitle(name, version)} action={texts.useAction} isOpen={isAsked} onClose={() => setAsked(false)} onConfirm={() => onChosen()}>
        <p>{texts.useText}</p>
        {isDescribed ? null : <p>{texts.useUndescribed(version)}</p>}
      </Confirm>
    </>
  )
}
