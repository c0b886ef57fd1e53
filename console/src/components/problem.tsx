// Something that went wrong, with what one can do.
import type { ComponentChildren } from 'preact'

/** A box that says what went wrong; what one can do are its children. */
export function Problem ({ title, children }: { title: string, children?: ComponentChildren }) {
  return (
    <div class='problem' role='group' aria-label={title}>
      <p class='problem-title'>{title}</p>
      {children}
    </div>
  )
}

/** Where a list would be that has nothing in it: why, and what to do. */
export function Empty ({ title, children }: { title: string, children?: ComponentChildren }) {
  return <div class='empty'><p>{title}</p>{children}</div>
}
