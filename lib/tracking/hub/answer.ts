// What a peer of `tutti.v1` is told of its own message. Plain peers are told nothing: those that there are fail on messages that they do not know, or warn.
import type { RequestId } from '../messages/message.ts'
import type { Peer } from '../connections/peer.ts'
import { ackText, errorText } from '../messages/texts.ts'

/** An error of lib/errors.ts, as far as it is told. */
export interface Fault { code: string, message: string }

/** Says that what was asked for has been done. @param requestId - undefined where the peer does not want to know */
export function acknowledge (peer: Peer, requestId: RequestId, objectId?: number): void {
  if (requestId !== undefined && peer.speaksTutti) peer.send(ackText(requestId, objectId))
}

/** Says why what was asked for has not been done. */
export function refuse (peer: Peer, requestId: RequestId, fault: Fault): void {
  if (requestId !== undefined && peer.speaksTutti) peer.send(errorText(fault, requestId))
}

/** A request id that outlives the message that it came with; undefined where nobody waits for an answer. */
export function kept (peer: Peer, requestId: RequestId): RequestId {
  return requestId === undefined || !peer.speaksTutti ? undefined : Buffer.from(requestId)
}
