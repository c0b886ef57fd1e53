// A page: its heading takes the focus when one comes to it by a link, and names the document.
import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { texts } from '../texts.ts'

let isFirst = true

/** A page, or a sub-page. @param lead - a sentence below its heading */
export function Page ({ title, lead, children }: { title: string, lead?: string, children: ComponentChildren }) {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    // What the browser opens first it reads by itself.
    if (isFirst) isFirst = false
    else heading.current?.focus()
  }, [])
  useEffect(() => { document.title = `${title} – ${texts.tutti}` }, [title])
  return (
    <div class='page'>
      <h1 tabIndex={-1} ref={heading}>{title}</h1>
      {lead === undefined ? null : <p class='lead'>{lead}</p>}
      {children}
    </div>
  )
}
