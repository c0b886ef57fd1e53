// The operator who uses the console: a token that this tab keeps until it is closed.
import { computed, signal } from '@preact/signals'
import { keepForTab, keptForTab } from './keep.ts'

const token = signal(keptForTab('operator') ?? '')

/** The token of the operator, or a JWT; empty where nobody has signed in. */
export const operatorToken = computed(() => token.value)

/** Whether somebody has signed in. The server may need no token on the machine where it runs. */
export const isSignedIn = computed(() => token.value !== '')

/** Whether the dialog for signing in is open. */
export const wantsSignIn = signal(false)

/** Opens the dialog for signing in. */
export function askForSignIn (): void {
  wantsSignIn.value = true
}

/** Uses a token from now on. */
export function signIn (given: string): void {
  keepForTab('operator', given)
  token.value = given
}

/** Forgets the token. */
export function signOut (): void {
  keepForTab('operator', undefined)
  token.value = ''
}
