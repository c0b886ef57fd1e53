// A server of two processes, and how tests ask it.
import type { Test } from 'tap'
import { graphicRequest } from '../helper.ts'
import { startProcess } from '../faults/server-process.ts'
import type { ServerProcess } from '../faults/server-process.ts'

/** The operator's token. */
export const token = 'sixteen-or-more-characters'
/** Headers of an operator. */
export const operator = { authorization: `Bearer ${token}` }

/** Asks on a connection of its own, so that the processes are asked in turn. */
export async function ask (port: number, path: string, headers: Record<string, string> = {}): Promise<{ status: number, text: string }> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { ...headers, connection: 'close' } })
  return { status: response.status, text: await response.text() }
}

/** Lets the services look at a graphic. */
export async function preprocess (port: number): Promise<{ status: number, text: string }> {
  const response = await fetch(`http://127.0.0.1:${port}/render/preprocess`, {
    method: 'POST', headers: { 'content-type': 'application/json', connection: 'close' }, body: JSON.stringify(graphicRequest())
  })
  return { status: response.status, text: await response.text() }
}

/** What the metrics of all processes say. */
export async function metrics (port: number): Promise<{ value (series: string): number | undefined }> {
  const { status, text } = await ask(port, '/metrics', operator)
  if (status !== 200) throw new Error(`/metrics answers ${status}`)
  const lines = text.split('\n')
  return {
    value (series) {
      const line = lines.find(each => each.startsWith(`${series} `))
      return line === undefined ? undefined : Number(line.slice(series.length + 1))
    }
  }
}

/** The processes that listen or did, as soon as there are so many of them: the log of each is written by itself, and its line may come after others' lines. */
export async function workersOf (server: ServerProcess, atLeast = 2): Promise<number[]> {
  await server.port
  for (;;) {
    const workers = [...new Set(server.lines().filter(({ msg }) => msg?.startsWith('A worker process listens') === true).map(({ pid }) => Number(pid)))]
    if (workers.length >= atLeast) return workers
    await new Promise(resolve => setImmediate(resolve))
  }
}

/** Starts it. */
export function start (t: Test, environment: Record<string, string> = {}): ServerProcess {
  return startProcess(t, { WORKERS: '2', OPERATOR_TOKEN: token, PARALLEL_PREPROCESSORS: 'ON', ...environment })
}

/** Whether there is a process of this number. */
export function isAlive (pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
