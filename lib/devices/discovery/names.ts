// Names of devices, as they come from the network and from people.

/** Most characters of a name. */
const longestName = 128

/**
 * A name that is safe to keep and to show: composed (NFC), without control characters, marks that turn the direction of text, and white space around it.
 * Undefined where nothing is left, or too much.
 */
export function cleanName (text: string): string | undefined {
  if (text.length > 4 * longestName) return undefined
  const name = text.normalize('NFC').replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu, '').replace(/\s+/g, ' ').trim()
  return name === '' || [...name].length > longestName ? undefined : name
}

/** The name of an instance of a service, from that of its records; undefined where it is of another service. */
export function instanceName (name: string, type: string): string | undefined {
  const isOne = name.length > type.length + 1 && name.toLowerCase().endsWith(`.${type}`)
  return isOne ? cleanName(name.slice(0, -type.length - 1)) : undefined
}
