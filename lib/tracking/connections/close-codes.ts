// The codes that connections are closed with (RFC 6455, section 7.4): those of the standard, and, from 4400, those of this module.

/** Codes by what they mean. */
export const closeCodes = {
  /** The server stops: connect again, at once. */
  goingAway: 1001,
  /** A message is larger than TRACKING_MAX_MESSAGE. */
  tooLarge: 1009,
  /** Something failed in the server that should not have. */
  internalError: 1011,
  /** The server has as many connections as it takes: come later. */
  tryLater: 1013,
  /** The token that the session began with has ended. */
  tokenEnded: 4401,
  /** Too many tokens that will not do. */
  tooManyAttempts: 4403,
  /** No token came in time. */
  authenticationTimeout: 4408,
  /** Another connection has registered under the same identifier. */
  replaced: 4409,
  /** The peer takes its messages too slowly: more than TRACKING_BACKLOG bytes wait for it. */
  tooSlow: 4413,
  /** More messages a second than TRACKING_RATE_LIMIT. */
  tooManyMessages: 4429,
  /** No pong came in time. */
  noPong: 4499
} as const
