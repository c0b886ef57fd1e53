// What an engine says, read without trusting its shape: where a value is not of the wanted kind, an empty one stands for it.

/** The value as a record; an empty one where it is none. */
export function record (value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value as Record<string, unknown> : {}
}

/** The value as a text; an empty one where it is none. */
export function text (value: unknown): string {
  return typeof value === 'string' ? value : ''
}
