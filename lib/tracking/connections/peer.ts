// A peer: a client or processor whose connection is open and who may be told things.

/** The two kinds of peers. */
export type Side = 'client' | 'processor'

/** The other end of an open connection, seen from the hub. */
export interface Peer {
  /** Unique among all peers of all servers: random. */
  readonly id: string
  readonly side: Side
  /** True where it speaks the additions of the subprotocol `tutti.v1`. */
  readonly speaksTutti: boolean
  /** Sends a message that must not be lost. Where the peer is too far behind it is closed instead. @param text - JSON text, shared with others and never written to */
  send (text: Buffer): void
  /** Sends bounding boxes of a camera, in place of any of that camera that have not been sent yet. */
  sendBoxes (cameraKey: string, text: Buffer): void
  /**
   * Sends many messages that must not be lost, at the pace at which the peer takes them: as many as it takes at once within the call, the others later.
   * Messages that are sent meanwhile may overtake them. @param texts - asked for the next when that can be sent; returned from where the connection ends before
   */
  sendEach (texts: Iterator<Buffer>): void
  /** Closes the connection with a code of `lib/tracking/connections/close-codes.ts`; without one where undefined. */
  close (code: number | undefined, reason?: string): void
}

/** What the hub does with peers of one side. All of it is done within the call. */
export interface Reception<Message> {
  /** The peer may be told things from now on. */
  join (peer: Peer): void
  /** The peer has sent something. */
  receive (peer: Peer, message: Message): void
  /** The peer has gone. */
  leave (peer: Peer): void
}
