// What goes wrong with devices and their modules, by code; clients get it as JSON with its status.

/** Codes by what they mean, with the status that HTTP gets. */
export const devicesErrors = {
  /** Something in a request is missing or is not what it must be. */
  REQUEST: 400,
  /** There is no such thing. */
  MISSING: 404,
  /** There is one of that name already, or it is not in a state for this. */
  CONFLICT: 409,
  /** The file is no WebAssembly module, or one that no device could run. */
  MODULE_BROKEN: 422,
  /** Steps cannot be placed: the message says which, and why not on which device. */
  NO_PLACE: 422,
  /** More bytes, or more things, than the server allows. */
  TOO_LARGE: 413,
  /** Too much is in hand already. */
  BUSY: 503,
  /** It was not done by its deadline. */
  TIMEOUT: 504,
  /** A device could not be reached, or answered what it must not. */
  DEVICE_FAILED: 502,
  /** The address is one that devices may not have. */
  ADDRESS_REFUSED: 400,
  /** It was cancelled. */
  CANCELLED: 409,
  /** What is needed cannot be reached: the database, the disk. */
  UNAVAILABLE: 503
} as const

/** A code of `devicesErrors`. To clients it is `TUTTI_DEVICES_` and the code. */
export type DevicesCode = keyof typeof devicesErrors

/** A failure with its code. */
export class DevicesError extends Error {
  override name = 'DevicesError'
  readonly code: DevicesCode
  /** More for the client, as JSON: what was missing, what a device answered. */
  readonly details: unknown

  /** @param message - cause and cure, without a path of the server or anything else from inside */
  constructor (code: DevicesCode, message: string, details?: unknown) {
    super(message)
    this.code = code
    this.details = details
  }
}
