// Files as the body of a request (multipart/form-data, RFC 7578), of a length that is known before: small devices read nothing else.
import { randomBytes } from 'node:crypto'
import type { DevicePart } from './device-client.ts'
import { DevicesError } from './devices-error.ts'

/** A body. */
export interface MultipartBody {
  readonly contentType: string
  /** Bytes. */
  readonly length: number
  readonly body: AsyncIterable<Uint8Array>
}

/** Makes a body of files. Reading it throws DevicesError DEVICE_FAILED where a file has another size than was said. */
export function multipart (parts: readonly DevicePart[]): MultipartBody {
  const boundary = `tutti-${randomBytes(18).toString('hex')}`
  const heads = parts.map(({ name, filename, mediaType }) => Buffer.from(
    `--${boundary}\r\nContent-Disposition: form-data; name="${escaped(name)}"; filename="${escaped(filename)}"\r\nContent-Type: ${mediaType.replace(/[^\x20-\x7e]/g, '')}\r\n\r\n`
  ))
  const end = Buffer.from(`--${boundary}--\r\n`)
  const length = parts.reduce((sum, { size }, index) => sum + (heads[index]?.length ?? 0) + size + 2, end.length)
  const write = async function * () {
    for (const [index, { open, size }] of parts.entries()) {
      yield heads[index] ?? end
      let written = 0
      for await (const chunk of open()) {
        written += chunk.length
        if (written > size) break
        yield chunk
      }
      if (written !== size) throw new DevicesError('DEVICE_FAILED', 'A file for a device has changed while it was sent.')
      yield lineEnd
    }
    yield end
  }
  return { contentType: `multipart/form-data; boundary=${boundary}`, length, body: { [Symbol.asyncIterator]: write } }
}

const lineEnd = Buffer.from('\r\n')

/** As browsers do it (https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#multipart-form-data). */
function escaped (name: string): string {
  return name.replaceAll('"', '%22').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}
