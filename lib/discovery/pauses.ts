// Pauses between attempts to reach a source that is lost: each twice as long as the one before, ended early when its socket appears.
import { statSync, watch } from 'node:fs'
import path from 'node:path'

/** Longest pause while the source answers, if only to say that it cannot, in milliseconds: asking costs it little. */
const longestPauseWhenAnswered = 1000

/** Pauses between attempts to reach a source. */
export interface Pauses {
  /** The source is there to stay: the next pause is the first again. */
  reset (): void
  /**
   * Waits, longer each time, by up to a half less as chance has it; ends early when the socket is not the one that it was before
   * the attempt, or the signal aborts.
   */
  wait (wasAnswered: boolean, socket: string | undefined, socketBefore: string, signal: AbortSignal): Promise<void>
}

/**
 * Makes pauses that grow.
 * @param lengths - the first pause and the longest, in milliseconds
 * @param random - random numbers in [0, 1)
 */
export function createPauses ({ firstPause, longestPause }: { firstPause: number, longestPause: number }, random: () => number): Pauses {
  let length = firstPause
  return {
    reset () { length = firstPause },
    wait (wasAnswered, socket, socketBefore, signal) {
      const longest = wasAnswered ? Math.min(longestPause, longestPauseWhenAnswered) : longestPause
      const pause = Math.max(firstPause, Math.min(length, longest) * (0.5 + random() / 2))
      length = Math.min(length * 2, longestPause)
      return new Promise(resolve => {
        const end = () => {
          clearTimeout(timer)
          clearTimeout(early)
          watcher?.close()
          signal.removeEventListener('abort', end)
          resolve()
        }
        let early: NodeJS.Timeout | undefined
        const timer = setTimeout(end, pause)
        // The one who has just made a socket needs a moment to listen on it.
        const hurry = () => { early ??= setTimeout(end, firstPause) }
        const watcher = socket === undefined ? undefined : watchSocket(socket, hurry)
        // It may have been made anew between the attempt and the watch.
        if (identify(socket) !== socketBefore) hurry()
        signal.addEventListener('abort', end)
        if (signal.aborted) end()
      })
    }
  }
}

/** Tells a socket from another one that was made in its place; empty where there is none, or none that can be seen. */
export function identify (socket: string | undefined): string {
  try {
    const found = socket === undefined ? undefined : statSync(socket)
    return found === undefined ? '' : `${found.ino} ${found.ctimeMs}`
  } catch {
    return ''
  }
}

/** Calls back when the socket comes or goes. Where its folder cannot be watched, nothing is lost but haste. */
function watchSocket (socket: string, onChange: () => void): ReturnType<typeof watch> | undefined {
  try {
    return watch(path.dirname(socket), (_event, changed) => {
      if (changed === path.basename(socket)) onChange()
    }).on('error', () => {})
  } catch {
    return undefined
  }
}
