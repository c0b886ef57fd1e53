// Which process runs an execution, and whether that process is still there.
import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'

/** A name for who runs executions, which nobody else has: `host/pid/random`. */
export function newRunner (): string {
  return `${hostname()}/${process.pid}/${randomBytes(6).toString('hex')}`
}

/**
 * Whether a runner may still be at work. One on another machine may.
 * @param own - the runner that asks
 */
export function mayRun (runner: string, own: string): boolean {
  if (runner === own) return true
  const [host, pid] = runner.split('/')
  if (host !== hostname()) return true
  // A process has one runner: another one with its number was there before it. In containers numbers come back at each start.
  return Number(pid) !== process.pid && isProcessAlive(Number(pid))
}

/** Whether there is a process of this number on this machine. */
export function isProcessAlive (pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
