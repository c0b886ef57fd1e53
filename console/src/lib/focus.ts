// Whoever works by keyboard is never thrown back to the top of the page: where what has the focus is taken away, the focus goes to a heading close by.

/** Keeps the focus in the page from now on. What moves it by itself, within two frames, has its way. */
export function keepFocus (root: Document = document): void {
  // What had the focus last, and what it was in, from the inside out.
  let path: readonly Element[] = []
  let isLooking = false
  const isLost = () => root.activeElement === root.body && path[0]?.isConnected === false && root.querySelector('dialog[open]') === null
  root.addEventListener('focusin', event => {
    const around: Element[] = []
    for (let element = event.target instanceof Element ? event.target : null; element !== null && element !== root.body; element = element.parentElement) around.push(element)
    path = around
  })
  new MutationObserver(() => {
    if (isLooking || !isLost()) return
    isLooking = true
    requestAnimationFrame(() => requestAnimationFrame(() => {
      isLooking = false
      if (isLost()) headingNear(path)?.focus()
    }))
  }).observe(root.body, { childList: true, subtree: true })
}

/** The first heading in the innermost of these that is still there and has one. */
function headingNear (path: readonly Element[]): HTMLElement | undefined {
  for (const element of path) {
    const heading = element.isConnected ? element.querySelector<HTMLElement>('h1, h2, h3, h4') : null
    if (heading === null) continue
    if (!heading.hasAttribute('tabindex')) heading.tabIndex = -1
    return heading
  }
  return undefined
}
