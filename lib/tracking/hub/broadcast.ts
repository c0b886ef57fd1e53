// Tells many peers the same, writing it once for all that are told it in the same words.
import type { Peer } from '../connections/peer.ts'

/**
 * Sends a text that must not be lost.
 * @param members - who may be told
 * @param isFor - whether one of them is
 * @param offset - offset of the happening that it is about
 * @param text - makes the text: with the offset for those who speak `tutti.v1`, without for all others
 */
export function broadcast<Member extends { readonly peer: Peer }> (members: Iterable<Member>, isFor: (member: Member) => boolean, offset: number, text: (offset?: number) => Buffer): void {
  let plain: Buffer | undefined
  let withOffset: Buffer | undefined
  for (const member of members) {
    if (!isFor(member)) continue
    if (member.peer.speaksTutti) member.peer.send(withOffset ??= text(offset))
    else member.peer.send(plain ??= text())
  }
}
