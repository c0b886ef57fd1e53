// The code of whatever was thrown.

/** The code of a failed system call, such as ENOSPC; UNKNOWN where it was something else. */
export function codeOf (error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'UNKNOWN'
}
