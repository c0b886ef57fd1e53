// Whether bytes are base64 text (RFC 4648, section 4), quickly: Node's own decoder tells by how much it has decoded.

/** Characters that are decoded at one time, a multiple of four. Measured: with strings of more than 64 kB the garbage collector takes three times as long as the decoder. */
const slice = 16 * 1024

const hyphen = 0x2d
const underscore = 0x5f

/**
 * Whether bytes are characters of the base64 alphabet, one at least, with any padding among the last four. Of padding elsewhere, which some decoders take, nothing is said: false is no more
 * than "not certain". Takes a ninth of what a regular expression does (5 MB: 1.7 against 15 ms on a busy machine).
 */
export function isCertainlyBase64 (bytes: Buffer): boolean {
  const end = Math.max(0, bytes.length - 4) & ~3
  const decoded = Buffer.allocUnsafe(slice)
  for (let at = 0; at < end; at += slice) {
    const until = Math.min(at + slice, end)
    // It leaves out what it does not know, and stops at padding: either way less comes out.
    if (decoded.write(bytes.toString('latin1', at, until), 0, 'base64') !== (until - at) / 4 * 3) return false
  }
  // These it takes as well, for the alphabet of URLs.
  return /^[a-zA-Z0-9+/=]+$/.test(bytes.toString('latin1', end)) && !bytes.includes(hyphen) && !bytes.includes(underscore)
}
