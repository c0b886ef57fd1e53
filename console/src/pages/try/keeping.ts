// What one can do with a request afterwards: have it kept by the server, send it again from a terminal.
import { failureOf, fetchFromServer, address } from '../../lib/api.ts'
import type { Trial } from './trial.ts'

/** Asks the server to keep a request that it has stored. @throws ApiFailure where it does not */
export async function keepForDebugging ({ id, request }: Trial): Promise<void> {
  // Large, and seldom wanted.
  const { sha1 } = await import('object-hash')
  const response = await fetchFromServer(`/authenticate/${id}/${sha1(JSON.parse(JSON.stringify(request)))}`)
  if (!response.ok) throw failureOf(response.status, await response.text())
}

/** A command that sends the same request, which stands in a file. */
export function curlOf (): string {
  return `curl --fail-with-body --header 'content-type: application/json' --header 'accept: application/json' --data-binary @request.json '${address('/render')}'`
}
