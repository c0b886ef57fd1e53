// The identifier that a processor registers under, and by which clients name a camera.

/** A camera as processors and clients name it. */
export interface Camera {
  /** Equal for equal identifiers, however they are spelled: `7` and `7.0` are one camera, `"7"` is another. */
  readonly key: string
  /** The identifier as JSON text, spelled as the processor has spelled it. */
  readonly text: Buffer
}

/**
 * The camera with an identifier. Its key is the identifier as JSON text, numbers in one spelling for each that Python takes to be equal; texts begin with a quote.
 * @param text - JSON text of a string, number, boolean or null, which stays that of the camera
 */
export function cameraOf (text: Buffer): Camera {
  return { key: keyOf(text.toString('utf8')), text }
}

function keyOf (text: string): string {
  // As Python has it, of which TrackTech's server is: a truth value is a number.
  if (text === 'true') return '1'
  if (text === 'false') return '0'
  if (text === 'null') return text
  if (text.startsWith('"')) return JSON.stringify(JSON.parse(text))
  const value = Number(text)
  // Whole numbers of any size are told apart; those with a point or an exponent are doubles.
  if (!/[.eE]/.test(text)) return String(BigInt(text))
  return Number.isInteger(value) ? String(BigInt(value)) : String(value)
}
