// What it means when a connection is closed with a code, in words, and what to do then.
import { closeCodes } from './close-codes.ts'

/** A code in words. */
export interface CloseCodeMeaning {
  /** Why the connection is closed. */
  meaning: string
  /** What whoever is at the other end does next. */
  cure: string
}

/** Every code of `closeCodes`. */
export const closeCodeMeanings = {
  goingAway: { meaning: 'The server stops.', cure: 'Connect again at once: another server answers, or this one in a few seconds.' },
  tooLarge: { meaning: 'A message was larger than `TRACKING_MAX_MESSAGE` (10 MiB by default).', cure: 'Send smaller messages.' },
  internalError: { meaning: 'Something went wrong in the server.', cure: 'Connect again; the log of the server says what it was.' },
  tryLater: { meaning: 'The server has as many connections as it takes (`TRACKING_MAX_SOCKETS`).', cure: 'Connect again after some seconds, each time later.' },
  tokenEnded: { meaning: 'The token that the session began with has ended.', cure: 'Get a new one and connect again.' },
  tooManyAttempts: { meaning: 'Too many tokens that will not do (`TRACKING_AUTH_ATTEMPTS`).', cure: 'Look at audience, role and issuer of the token before you try again.' },
  authenticationTimeout: { meaning: 'No token that will do came in time (`TRACKING_AUTH_TIMEOUT`).', cure: 'Send `authenticate` as first message, as soon as the connection is open.' },
  replaced: { meaning: 'Another processor has registered under the same identifier.', cure: 'Do not connect again by yourself: two that do so take the place of each other for ever. Give each camera an identifier of its own.' },
  tooSlow: { meaning: 'Messages were taken so slowly that more than `TRACKING_BACKLOG` bytes waited.', cure: 'Connect again, read all the time, and do slow work elsewhere. Clients of `tutti.v1` resume.' },
  tooManyMessages: { meaning: 'More messages a second than `TRACKING_RATE_LIMIT`.', cure: 'Send fewer.' },
  noPong: { meaning: 'No pong came within `HEARTBEAT_TIMEOUT`. Nobody is there to read this, as a rule; the connection is broken, and a program sees 1006.', cure: 'Answer pings; every library does so by itself as long as its loop runs.' }
} as const satisfies Record<keyof typeof closeCodes, CloseCodeMeaning>

/** All codes with their meanings, ascending. */
export function listCloseCodes (): Array<CloseCodeMeaning & { code: number, name: string }> {
  return Object.entries(closeCodes)
    .map(([name, code]) => ({ code, name, ...closeCodeMeanings[name as keyof typeof closeCodes] }))
    .toSorted((one, other) => one.code - other.code)
}
