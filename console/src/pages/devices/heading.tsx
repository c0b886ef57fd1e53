// The heading of a sub-page of devices.
import { useEffect, useRef } from 'preact/hooks'
import { texts as frame } from '../../texts.ts'
import { texts as common } from './texts.ts'

/** The heading: it names the document, and takes the focus where a link or button that had it went away with the page before. */
export function Heading ({ title }: { title: string }) {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    // What the browser opens first it reads by itself: nobody has pressed anything then. A dialog that is gone leaves the focus on the heading of the whole page.
    const { activeElement } = document
    if (navigator.userActivation.hasBeenActive && (activeElement === document.body || activeElement?.tagName === 'H1')) heading.current?.focus()
  }, [])
  useEffect(() => {
    document.title = `${title} – ${common.title} – ${frame.tutti}`
    return () => { document.title = `${common.title} – ${frame.tutti}` }
  }, [title])
  return <h2 tabIndex={-1} ref={heading}>{title}</h2>
}
