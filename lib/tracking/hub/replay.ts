// Tells a peer again what is so now, as fast as it takes it.
import type { Peer } from '../connections/peer.ts'

/**
 * Makes what tells a peer everything that it missed. Asked again while that is under way it begins anew after the end, once, however often it was asked.
 * @param texts - the messages, made when they are to be sent
 */
export function createReplay (peer: Peer, texts: () => Iterable<Buffer>): () => void {
  let isUnderWay = false
  let isAskedAgain = false
  function * rounds () {
    try {
      do {
        isAskedAgain = false
        yield * texts()
      } while (isAskedAgain)
    } finally {
      isUnderWay = false
    }
  }
  return () => {
    if (isUnderWay) {
      isAskedAgain = true
      return
    }
    isUnderWay = true
    peer.sendEach(rounds())
  }
}
