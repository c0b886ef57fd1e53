// Lets a refused client see its answer although it is still sending.
import type { Socket } from 'node:net'

/** Time that a refused client has to notice, in milliseconds. */
const lingering = 2000

/**
 * Lets a connection end from the client's side once its answer has gone out; to be called before that. Node destroys one that brings
 * more than was read, and the reset that follows can overtake the answer (RFC 9112, section 9.6). What comes meanwhile is thrown away as it comes.
 */
export function linger (socket: Socket): void {
  socket.destroySoon = () => {
    socket.end()
    const timer = setTimeout(() => socket.destroy(), lingering)
    socket.once('close', () => clearTimeout(timer))
  }
}
