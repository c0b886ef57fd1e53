// Dialogs: the browser's own, which keep the focus inside and give it back.
import type { ComponentChildren } from 'preact'
import { useId, useLayoutEffect, useRef } from 'preact/hooks'
import { texts } from '../texts.ts'

/** A modal dialog. @param onClose - closes it; called for Escape too */
export function Dialog ({ title, isOpen, onClose, children }: { title: string, isOpen: boolean, onClose: () => void, children: ComponentChildren }) {
  const dialog = useRef<HTMLDialogElement>(null)
  const opener = useRef<Element | null>(null)
  const id = useId()
  const giveFocusBack = () => {
    // What opened it may be gone by now, as the row that was removed; and what it has led to may have the focus already.
    const { activeElement } = document
    const isLost = activeElement === null || activeElement === document.body || dialog.current?.contains(activeElement) === true
    if (opener.current instanceof HTMLElement && opener.current.isConnected && opener.current !== document.body) opener.current.focus()
    else if (isLost) document.querySelector('h1')?.focus()
  }
  // Before the next key is pressed, not after the next frame: who types ahead types into the dialog, or into what follows it.
  useLayoutEffect(() => {
    const { current } = dialog
    if (current === null) return
    if (isOpen && !current.open) {
      opener.current = document.activeElement
      current.showModal()
    } else if (!isOpen && current.open) {
      current.close()
      giveFocusBack()
    }
  }, [isOpen])
  /** Some browsers close it by themselves, where Escape is pressed twice. It is told of a moment later, and may have been opened anew by then. */
  const hear = () => {
    if (!isOpen || dialog.current?.open === true) return
    giveFocusBack()
    onClose()
  }
  return (
    <dialog ref={dialog} aria-labelledby={id} onClose={() => hear()} onCancel={event => { event.preventDefault(); onClose() }}>
      {isOpen
        ? (
          <>
            <div class='dialog-head'>
              <h2 id={id}>{title}</h2>
              <button type='button' onClick={onClose}>{texts.close}</button>
            </div>
            {children}
          </>
          )
        : null}
    </dialog>
  )
}

/** Asks before something is done that cannot be undone. @param action - what the button that does it says */
export function Confirm ({ title, action, isOpen, onClose, onConfirm, children }: { title: string, action: string, isOpen: boolean, onClose: () => void, onConfirm: () => void, children?: ComponentChildren }) {
  return (
    <Dialog title={title} isOpen={isOpen} onClose={onClose}>
      {children}
      <div class='actions'>
        <button type='button' autoFocus onClick={onClose}>{texts.cancel}</button>
        <button type='button' class='dangerous' onClick={() => { onClose(); onConfirm() }}>{action}</button>
      </div>
    </Dialog>
  )
}
