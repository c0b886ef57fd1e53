// Fetches what a deployment names, and says things to other devices: bounded in time and bytes, and without following anybody elsewhere.

/** How it is asked. */
export interface DownloadOptions {
  readonly method?: string
  readonly body?: RequestInit['body']
  readonly headers?: Record<string, string>
  /** Most bytes of the answer. */
  readonly most: number
  /** Milliseconds for all of it. */
  readonly timeout: number
  readonly signal?: AbortSignal | undefined
}

/** The bytes of an answer. @throws Error that says in words what went wrong */
export async function download (url: string, { most, timeout, signal, ...request }: DownloadOptions): Promise<Buffer> {
  const deadline = AbortSignal.timeout(timeout)
  const { host, pathname } = new URL(url)
  try {
    const response = await fetch(url, { ...request, redirect: 'error', signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]) })
    const chunks: Uint8Array[] = []
    let size = 0
    for await (const chunk of response.body ?? []) {
      size += chunk.length
      if (size > most) throw new Error(`it is larger than ${most} bytes`)
      chunks.push(chunk)
    }
    if (!response.ok) throw new Error(`the answer was ${response.status}`)
    return Buffer.concat(chunks)
  } catch (error) {
    const reason = deadline.aborted ? 'it took too long' : error instanceof TypeError ? 'there was no answer' : messageOf(error)
    throw new Error(`${host}${pathname} could not be had: ${reason}.`, { cause: error })
  }
}

/** What an error says. */
export function messageOf (error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
