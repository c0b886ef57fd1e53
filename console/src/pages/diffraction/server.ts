// What the page asks the server for, as the holder of a session.
import { address, api, ApiFailure, ask, failureOf, fetchFromServer } from '../../lib/api.ts'
import { readLevels } from './drawing.ts'
import type { Levels } from './drawing.ts'
import type { Place } from './place.ts'
import type { DiffractionSession } from './session.ts'

/** Most spots that are listed and drawn. */
export const mostSpots = 50

/** Classes of the histogram, and rings of the radial profile. */
const bins = 64

/** The server, as a session sees it. */
export type Server = ReturnType<typeof openServer>

/** Whether the server has the module: its old address of this page leads here, if so. @throws ApiFailure where there is no answer */
export async function hasModule (signal: AbortSignal): Promise<boolean> {
  const { status } = await fetchFromServer('/diffraction/viewer', { method: 'HEAD', redirect: 'manual', signal })
  return status !== 404
}

/** The server for a session. Its functions throw ApiFailure. */
export function openServer ({ token, esaf }: DiffractionSession) {
  const headers = { authorization: `Bearer ${token}` }
  const pictures = ({ file, frame }: Place) => address(`/iiif/3/${encodeURIComponent(`${esaf}:${file}:${frame}`)}`)

  /** Fetches what is no JSON. */
  async function fetchPicture (place: string, signal?: AbortSignal): Promise<Response> {
    const response = await fetchFromServer(new Request(place, { headers, ...aborting(signal) }))
    if (!response.ok) throw failureOf(response.status, await response.json().catch(() => undefined))
    return response
  }

  return {
    headers,
    pictures,
    files: async (folder: string, signal?: AbortSignal) => await ask(api.GET('/diffraction/files', { params: { query: { esaf, folder, limit: 1000 } }, headers, ...aborting(signal) })),
    describe: async ({ file, frame }: Place, signal?: AbortSignal) => await ask(api.POST('/diffraction/meta', { body: { esaf, fn: file, frame }, headers, ...aborting(signal) })),
    pixel: async ({ file, frame }: Place, x: number, y: number, signal?: AbortSignal) => await ask(api.GET('/diffraction/pixel', { params: { query: { esaf, file, frame, x, y } }, headers, ...aborting(signal) })),
    spots: async ({ file, frame }: Place, signal?: AbortSignal) => await ask(api.GET('/diffraction/bragg-spots', { params: { query: { esaf, file, frame, limit: mostSpots } }, headers, ...aborting(signal) })),
    histogram: async ({ file, frame }: Place, signal?: AbortSignal) => await ask(api.GET('/diffraction/histogram', { params: { query: { esaf, file, frame, bins } }, headers, ...aborting(signal) })),
    radial: async ({ file, frame }: Place, signal?: AbortSignal) => await ask(api.GET('/diffraction/radial', { params: { query: { esaf, file, frame, bins } }, headers, ...aborting(signal) })),
    link: async ({ file, frame }: Place, seconds: number) => await ask(api.POST('/diffraction/links', { body: { esaf, fn: file, frame, seconds }, headers })),
    /** What IIIF says of a frame; its address is that by which the page itself was found, which the server may not know. */
    async information (place: Place, signal?: AbortSignal): Promise<Record<string, unknown>> {
      const response = await fetchPicture(`${pictures(place)}/info.json`, signal)
      return { ...await response.json() as Record<string, unknown>, id: pictures(place) }
    },
    /** Counts that are black and white in a picture of the whole frame. */
    async levels (place: Place, query: string, signal?: AbortSignal): Promise<Levels> {
      const response = await fetchPicture(`${pictures(place)}/full/!1024,1024/0/default.jpg?${query}`, signal)
      await response.arrayBuffer()
      const levels = readLevels(response.headers.get('diffraction-levels'))
      if (levels === undefined) throw new ApiFailure(500, '')
      return levels
    },
    /** The whole frame as a file. */
    picture: async (place: Place, format: string, query: string) => await fetchPicture(`${pictures(place)}/full/max/0/default.${format}?${query}`)
  }
}

function aborting (signal: AbortSignal | undefined): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal }
}
