// A client of the server as the demonstration of devices needs one: the paths of the reference to do things, and events to hear what comes of them.

/** Something that happened, as `/api/v1/device-events` tells it. */
export interface ToldEvent { readonly time: number, readonly subject: string, readonly subjectId: string, readonly reason: string, readonly message: string }

/** What is known of a device. */
export interface KnownDevice { readonly id: string, readonly name: string, readonly state: string }

/** Talks to one server. All of it throws Error with what the server said where it refuses. */
export interface Client {
  /** Gets JSON. */
  get (path: string): Promise<unknown>
  /** Posts a form, or JSON, and gives the JSON that comes back. */
  post (path: string, body?: FormData | object): Promise<unknown>
  /** Sends without a body. */
  remove (path: string): Promise<void>
  /** Gets a file. */
  bytes (path: string): Promise<Buffer>
  /** Devices by name, without the server itself. */
  devices (): Promise<Map<string, KnownDevice>>
}

/** Makes one. @param signal - ends everything that is under way */
export function createClient (origin: string, signal: AbortSignal): Client {
  const ask = async (path: string, init: RequestInit = {}) => {
    const response = await fetch(`${origin}${path}`, { ...init, signal })
    if (!response.ok) throw new Error(`${init.method ?? 'GET'} ${path} is answered ${response.status}: ${await response.text()}`)
    return response
  }
  const get = async (path: string): Promise<unknown> => await (await ask(path)).json()
  return {
    get,
    async post (path, body) {
      const content = body === undefined ? {} : body instanceof FormData ? { body } : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
      return await (await ask(path, { method: 'POST', ...content })).json()
    },
    async remove (path) { await (await ask(path, { method: 'DELETE' })).text() },
    async bytes (path) { return Buffer.from(await (await ask(path)).arrayBuffer()) },
    async devices () {
      const { items } = await get('/api/v1/devices') as { items: Array<KnownDevice & { origin: string }> }
      return new Map(items.filter(({ origin }) => origin !== 'self').map(device => [device.name, device]))
    }
  }
}

/**
 * Follows what happens, until the signal ends it or the server does.
 * @returns when the server has begun to tell, with what resolves at the end
 */
export async function followEvents (origin: string, signal: AbortSignal, listener: (event: ToldEvent) => void): Promise<{ readonly ended: Promise<void> }> {
  const { body, ok, status } = await fetch(`${origin}/api/v1/device-events/live`, { headers: { accept: 'text/event-stream' }, signal })
  if (!ok || body === null) throw new Error(`Events are answered ${status}.`)
  const read = async () => {
    let text = ''
    for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
      text += chunk
      const messages = text.split('\n\n')
      text = messages.pop() ?? ''
      for (const message of messages) {
        const lines = message.split('\n')
        const data = lines.filter(line => line.startsWith('data: ')).map(line => line.slice(6)).join('\n')
        if (lines.includes('event: event')) listener(JSON.parse(data))
      }
    }
  }
  // However it ends: nobody needs events any more, or whoever waits for one runs out of time.
  return { ended: read().catch(() => {}) }
}
