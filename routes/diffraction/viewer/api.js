// What the viewer asks the server for. Addresses are relative to the page, so that they hold behind a proxy that puts the server below a path.

/** What the server refused or could not do, in its own words. */
export class Refusal extends Error {}

/** The server, as the holder of a token sees one ESAF of it. */
export function openSession (token, esaf) {
  const headers = { authorization: `Bearer ${token}` }

  async function ask (address, options = {}) {
    const response = await fetch(address, { ...options, headers: { ...headers, ...options.headers } })
    const body = await response.json().catch(() => ({}))
    if (!response.ok) throw new Refusal(body.message ?? `The server answers with status ${response.status}.`)
    return body
  }
  const addressOf = (file, frame) => new URL(`../iiif/3/${encodeURIComponent(`${esaf}:${file}:${frame}`)}`, document.baseURI).href
  const query = (path, members) => ask(`${path}?${new URLSearchParams({ esaf, ...members })}`)

  return {
    headers,
    files: folder => query('files', { folder }),
    describe: (file, frame, signal) => ask('meta', {
      method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ esaf: Number(esaf), fn: file, frame }), signal
    }),
    pixel: (file, frame, x, y) => query('pixel', { file, frame, x, y }),
    spots: (file, frame, limit) => query('bragg-spots', { file, frame, limit }),
    // The address is that by which the page itself was found: the server may not know it.
    image: async (file, frame, signal) => ({ ...await ask(`${addressOf(file, frame)}/info.json`, { signal }), id: addressOf(file, frame) }),
    /** Counts that are black and white in a picture of the whole frame. */
    async levels (file, frame, drawing, signal) {
      const response = await fetch(`${addressOf(file, frame)}/full/!1024,1024/0/default.jpg?${drawing}`, { headers, signal })
      if (!response.ok) throw new Refusal((await response.json().catch(() => ({}))).message ?? `The server answers with status ${response.status}.`)
      await response.blob()
      const [, black, white] = /black=([^,]+), white=(.+)/.exec(response.headers.get('diffraction-levels') ?? '') ?? []
      return { black, white }
    }
  }
}
