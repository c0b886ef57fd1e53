// Small things that stand in lines and cells: a state, a time, a button that copies, links to sub-pages.
import type { ComponentChildren } from 'preact'
import { Link, useLocation } from 'wouter-preact'
import { announce } from '../lib/announce.ts'
import { formatTime } from '../lib/texts.ts'
import { texts } from '../texts.ts'

const shapes = { good: '●', busy: '◐', warning: '▲', bad: '■', off: '○' } as const

/** A state: a shape and a colour beside the word that says the same. */
export function State ({ kind, children }: { kind: keyof typeof shapes, children: ComponentChildren }) {
  return <span class={`state state-${kind}`}><span aria-hidden='true'>{shapes[kind]}</span> {children}</span>
}

/** A time. @param at - ISO 8601 or milliseconds since 1970 */
export function Time ({ at }: { at: string | number }) {
  return <time dateTime={new Date(at).toISOString()}>{formatTime(at)}</time>
}

/** A button that puts a text on the clipboard. */
export function Copy ({ text, label }: { text: string, label: string }) {
  const copy = () => {
    navigator.clipboard.writeText(text).then(() => announce(texts.copied), () => announce(texts.notCopied, { urgent: true }))
  }
  return <button type='button' onClick={copy}>{label}</button>
}

/** Links to the sub-pages of a page. @param links - with paths relative to the page */
export function Tabs ({ label, links }: { label: string, links: ReadonlyArray<{ path: string, name: string }> }) {
  const [location] = useLocation()
  const isAt = (path: string) => location === path || (path !== '/' && location.startsWith(`${path}/`))
  return (
    <nav aria-label={label}>
      <ul class='tabs'>
        {links.map(({ path, name }) => <li key={path}><Link href={path} aria-current={isAt(path) ? 'page' : undefined}>{name}</Link></li>)}
      </ul>
    </nav>
  )
}
