// Enrolment tokens: what a device carries to show that it may take part. Made by an operator, shown once; only their digest is kept.
import { createHash, randomBytes } from 'node:crypto'
import { isSameText } from '../same-text.ts'
import { DevicesError } from './devices-error.ts'
import { cleanName } from './discovery/names.ts'
import { newId } from './id.ts'
import type { Id } from './id.ts'
import type { EnrolmentToken, Registry } from './registry.ts'

/** Makes, checks and takes back tokens. Each may throw DevicesError UNAVAILABLE. */
export interface Enrolment {
  /**
   * Makes a token.
   * @param wanted - `expiresAt` in milliseconds since 1970; for ever where absent
   * @returns the token, which nobody can look up again
   * @throws DevicesError REQUEST where the name is none or the end is past, TOO_LARGE where there are too many
   */
  create (wanted: { readonly name: string, readonly expiresAt?: number | undefined }): Promise<{ readonly token: string, readonly kept: EnrolmentToken }>
  /** What is kept of a token; undefined where it is none, or no more. Takes as long for one as for the other. */
  check (token: string): Promise<EnrolmentToken | undefined>
  /** Oldest first. */
  list (): Promise<EnrolmentToken[]>
  /** Takes one back. @returns whether there was one */
  revoke (id: Id): Promise<boolean>
}

/** Tokens at one time. */
const most = 10_000

/** Id, so that it is found by it, and 256 bits that nobody guesses. */
const form = /^tutti_([0-9a-f]{24})_[A-Za-z0-9_-]{43}$/

/** What no token has as its digest. */
const nobody = '-'

/** Opens the tokens of a registry. */
export function createEnrolment ({ tokens }: Pick<Registry, 'tokens'>, now = Date.now): Enrolment {
  return {
    async create ({ name, expiresAt }) {
      const clean = cleanName(name)
      if (clean === undefined) throw new DevicesError('REQUEST', 'A token needs a name of 1 to 128 characters, to be known by.')
      if (expiresAt !== undefined && !(expiresAt > now())) throw new DevicesError('REQUEST', 'A token cannot end in the past.')
      if (await tokens.count() >= most) throw new DevicesError('TOO_LARGE', `There are ${most} tokens. Take back those that are not needed any more.`)
      const id = newId(now())
      const token = `tutti_${id}_${randomBytes(32).toString('base64url')}`
      const kept: EnrolmentToken = { id, name: clean, sha256: sha256(token), createdAt: now(), expiresAt }
      await tokens.insert(kept)
      return { token, kept }
    },
    async check (token) {
      const [, id] = form.exec(token) ?? []
      const kept = id === undefined ? undefined : await tokens.get(id)
      const isRight = isSameText(sha256(token), kept?.sha256 ?? nobody)
      return isRight && kept !== undefined && (kept.expiresAt === undefined || kept.expiresAt > now()) ? kept : undefined
    },
    list: async () => await tokens.list(),
    revoke: async id => await tokens.remove(id)
  }
}

/** A plain digest will do: what is digested has 256 random bits, which no dictionary holds. */
function sha256 (token: string): string {
  return createHash('sha256').update(token).digest('hex')
}
