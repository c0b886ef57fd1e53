// Who looks at frames: the token of a session and its ESAF. It is another sign-in than that of the operator, and this tab keeps it until it is closed.
import { signal } from '@preact/signals'
import { keepForTab, keptForTab } from '../../lib/keep.ts'

/** A session, and the number of the ESAF whose files are looked at. */
export interface DiffractionSession { readonly token: string, readonly esaf: number }

/** The present session; undefined where nobody has signed in. */
export const session = signal(readSession(keptForTab('diffraction')))

/** Uses a session from now on; forgets it where there is none. */
export function enter (given: DiffractionSession | undefined): void {
  keepForTab('diffraction', given === undefined ? undefined : JSON.stringify(given))
  session.value = given
}

/** Reads what the tab has kept. @returns undefined where it is no session */
function readSession (text = ''): DiffractionSession | undefined {
  try {
    const { token, esaf } = JSON.parse(text) as Partial<DiffractionSession>
    return typeof token === 'string' && token !== '' && Number.isInteger(esaf) ? { token, esaf: Number(esaf) } : undefined
  } catch {
    return undefined
  }
}
