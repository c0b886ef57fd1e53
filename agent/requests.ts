// Reading requests and writing answers with Node's own HTTP: a device is to start in little memory, and eight routes need no framework.
import type { IncomingMessage, ServerResponse } from 'node:http'

/** An answer that is none of success, thrown from wherever it is found out. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly status: number
  constructor (status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** All bytes of a body. @throws Refusal 413 where there are too many, 400 where it breaks off */
export async function readBody (request: IncomingMessage, most: number): Promise<Buffer> {
  const tooMuch = () => new Refusal(413, `The request is larger than ${most} bytes.`)
  if (Number(request.headers['content-length'] ?? 0) > most) throw tooMuch()
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > most) throw tooMuch()
      chunks.push(chunk)
    }
  } catch (error) {
    throw error instanceof Refusal ? error : new Refusal(400, 'The request broke off.')
  }
  return Buffer.concat(chunks)
}

/** A body of JSON. It must say that it is JSON: pages of other sites cannot send that without asking. */
export async function readJson (request: IncomingMessage, most: number): Promise<unknown> {
  if (!/^application\/json\b/i.test(request.headers['content-type'] ?? '')) throw new Refusal(415, 'The request must be of type application/json.')
  const body = await readBody(request, most)
  try {
    return JSON.parse(body.toString())
  } catch {
    throw new Refusal(400, 'The request is no JSON.')
  }
}

/** The files of a body of type multipart/form-data by name; none where it is of another type. */
export async function readFiles (request: IncomingMessage, most: number): Promise<Map<string, Uint8Array>> {
  const body = await readBody(request, most)
  const files = new Map<string, Uint8Array>()
  const type = request.headers['content-type'] ?? ''
  if (!/^multipart\/form-data\b/i.test(type)) return files
  const form = await new Response(new Uint8Array(body), { headers: { 'content-type': type } }).formData().catch(() => { throw new Refusal(400, 'The files of the request cannot be read.') })
  for (const [name, value] of form) if (typeof value !== 'string') files.set(name, new Uint8Array(await value.arrayBuffer()))
  return files
}

/** Answers with JSON. */
export function answer (response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  const text = JSON.stringify(body)
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text), 'cache-control': 'no-store', ...headers }).end(text)
}
