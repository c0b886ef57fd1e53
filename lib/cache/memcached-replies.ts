// Takes the replies of memcached's text protocol apart (https://github.com/memcached/memcached/blob/master/doc/protocol.txt).

/** A line, or a line that announced a value together with that value. */
export interface Reply {
  /** The line without its end. */
  line: string
  /** The bytes that follow a line `VALUE <key> <flags> <bytes>`. */
  value?: Buffer
}

/** Longest line: memcached's own are far shorter. */
const longestLine = 1024

const lineEnd = Buffer.from('\r\n')

/**
 * Makes a function that takes bytes as they come and gives the replies which they complete. Linear, and never holds more than one value.
 * The function throws RangeError at bytes that are no reply, and at a value larger than allowed; the connection is of no use then.
 * @param largestValue - bytes of a value at most
 */
export function createReplyParser (largestValue: number): (chunk: Buffer) => Reply[] {
  let start = Buffer.alloc(0) // of a line that has not ended
  let line = '' // that announced the value which is being filled
  let value: Buffer | undefined // with the line's end behind it
  let filled = 0

  function takeLine (bytes: Buffer, replies: Reply[]): Buffer {
    const text = start.length === 0 ? bytes : Buffer.concat([start, bytes.subarray(0, longestLine + 2)])
    const end = text.indexOf(lineEnd)
    if (end > longestLine || (end === -1 && text.length > longestLine + 1)) throw new RangeError('memcached sent a line that is too long')
    if (end === -1) {
      start = Buffer.from(text)
      return bytes.subarray(bytes.length)
    }
    const rest = bytes.subarray(end + 2 - start.length)
    start = Buffer.alloc(0)
    line = text.toString('latin1', 0, end)
    const length = line.match(/^VALUE [^ ]+ [0-9]+ ([0-9]{1,10})$/)?.[1]
    if (length === undefined) {
      replies.push({ line })
    } else {
      if (Number(length) > largestValue) throw new RangeError('memcached sent a value that is too large')
      value = Buffer.allocUnsafeSlow(Number(length) + 2)
      filled = 0
    }
    return rest
  }

  function takeValue (whole: Buffer, bytes: Buffer, replies: Reply[]): Buffer {
    const taken = bytes.copy(whole, filled)
    filled += taken
    if (filled === whole.length) {
      if (!whole.subarray(-2).equals(lineEnd)) throw new RangeError('memcached sent a value longer than it said')
      replies.push({ line, value: whole.subarray(0, -2) })
      value = undefined
    }
    return bytes.subarray(taken)
  }

  return chunk => {
    const replies: Reply[] = []
    for (let rest = chunk; rest.length > 0;) rest = value === undefined ? takeLine(rest, replies) : takeValue(value, rest, replies)
    return replies
  }
}
