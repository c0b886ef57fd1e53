// The one live region of the console: what is said to those who listen instead of looking.
import { signal } from '@preact/signals'

/** What the live regions hold. */
export const spoken = signal({ polite: '', urgent: '' })

/** Texts that come within this time are said as one, in milliseconds. */
const pace = 500

const waiting: string[] = []
let timer: ReturnType<typeof setTimeout> | undefined

/** Says a text when the screen reader has finished what it says; an urgent one at once. */
export function announce (text: string, { urgent = false } = {}): void {
  if (urgent) {
    spoken.value = { ...spoken.value, urgent: differing(text, spoken.value.urgent) }
    return
  }
  waiting.push(text)
  timer ??= setTimeout(() => {
    timer = undefined
    spoken.value = { ...spoken.value, polite: differing(waiting.splice(0).join(' '), spoken.value.polite) }
  }, pace)
}

/** The text; with a space that nobody hears where it is the one from before, which would not be said again. */
function differing (text: string, before: string): string {
  return text === before ? `${text}\u00a0` : text
}
