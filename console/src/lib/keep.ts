// What the console remembers in the browser. A browser that keeps nothing is one that forgets.

const name = (key: string) => `tutti.${key}`

/** Remembers a value under a key, beyond the end of the visit. */
export function keep (key: string, value: string): void {
  try { localStorage.setItem(name(key), value) } catch {}
}

/** What is remembered under a key, where it is one of the values that it may be. */
export function kept<Value extends string> (key: string, allowed: readonly Value[]): Value | undefined {
  try {
    const value = localStorage.getItem(name(key))
    return allowed.find(each => each === value)
  } catch {
    return undefined
  }
}

/** Remembers a secret for this tab only; nothing forgets it. */
export function keepForTab (key: string, value: string | undefined): void {
  try {
    if (value === undefined || value === '') sessionStorage.removeItem(name(key))
    else sessionStorage.setItem(name(key), value)
  } catch {}
}

/** What this tab remembers under a key. */
export function keptForTab (key: string): string | undefined {
  try { return sessionStorage.getItem(name(key)) ?? undefined } catch { return undefined }
}
