// What the agent says to its orchestrator by itself: that it is there, and lines of its log. Neither holds anything up, and what cannot be sent is given up.
import os from 'node:os'
import { createAnnouncer, ownAddresses } from '../lib/devices/discovery/announcer.ts'
import { openMulticast } from '../lib/devices/discovery/multicast.ts'
import { download, messageOf } from './download.ts'
import type { AgentSettings } from './settings.ts'

const mostLines = 100

/** Milliseconds between two attempts to register, at the least. */
const pause = 2000
const longestPause = 60_000

/** A line of the log, as supervisors post it. */
export interface LogLine { readonly loglevel: 'INFO' | 'WARNING' | 'ERROR', readonly message: string, readonly funcName: string, readonly deployment_id?: string, readonly module_name?: string, readonly request_id?: string }

/** Where the agent listens. */
export interface Listening { readonly port: number, readonly addresses: readonly string[] }

/** The orchestrator, seen from here. */
export interface Orchestrator {
  get (): string | undefined
  set (url: string): void
  /** It has asked for our health. */
  onProbe (): void
  log (line: LogLine): void
  /** Begins to register, and to announce. */
  start (listening: Listening): Promise<void>
  close (): void
}

/** @param say - writes a line for whoever looks at the process */
export function createOrchestrator ({ name, orchestrator, logs, token, renewal, isAnnounced }: Pick<AgentSettings, 'name' | 'orchestrator' | 'logs' | 'token' | 'renewal' | 'isAnnounced'>, say: (line: string) => void): Orchestrator {
  const ending = new AbortController()
  let registered: string | undefined
  let lastProbe = 0
  let timer: NodeJS.Timeout | undefined
  let listening: Listening = { port: 0, addresses: [] }
  const lines: string[] = []
  let isSending = false
  let stopAnnouncing = () => {}

  const ship = async () => {
    if (isSending) return
    isSending = true
    while (lines.length > 0 && !ending.signal.aborted) {
      const base = registered ?? orchestrator
      const url = logs ?? (base === undefined ? undefined : `${base}/device/logs`)
      const line = lines.shift()
      if (url === undefined || line === undefined) break
      await download(url, { method: 'POST', body: new URLSearchParams({ logData: line }), headers: authorization(url, orchestrator, token), most: 64 * 1024, timeout: 5000, signal: ending.signal }).catch(() => {})
    }
    isSending = false
  }

  const register = async (wait: number) => {
    let next = renewal
    if (orchestrator !== undefined && Date.now() - lastProbe >= renewal) {
      const body = JSON.stringify({ name, type: 'webthing', port: listening.port, properties: { path: '/', tls: '0', ...listening.addresses[0] !== undefined && { address: listening.addresses[0] } }, addresses: listening.addresses, host: os.hostname() })
      try {
        await download(`${orchestrator}/file/device/discovery/register`, { method: 'POST', body, headers: { 'content-type': 'application/json', ...authorization(orchestrator, orchestrator, token) }, most: 64 * 1024, timeout: 5000, signal: ending.signal })
      } catch (error) {
        if (ending.signal.aborted) return
        if (wait === pause) say(`The orchestrator cannot be told yet that this device is there: ${messageOf(error)}`)
        next = wait
      }
    }
    timer = setTimeout(() => { void register(next === wait ? Math.min(longestPause, wait * 2) : pause) }, next).unref()
  }

  return {
    get: () => registered,
    set (url) { registered = url },
    onProbe () { lastProbe = Date.now() },
    log (line) {
      lines.push(JSON.stringify({ timestamp: new Date().toISOString(), deviceName: name, deviceIP: listening.addresses[0] ?? '', ...line }))
      if (lines.length > mostLines) lines.shift()
      void ship()
    },
    async start (place) {
      listening = place
      if (isAnnounced) {
        const transport = await openMulticast()
        const announcer = createAnnouncer({ transport, name, port: place.port, tls: false, addresses: ownAddresses })
        stopAnnouncing = () => {
          announcer.close()
          void transport.close()
        }
      }
      if (orchestrator !== undefined) void register(pause)
    },
    close () {
      clearTimeout(timer)
      stopAnnouncing()
      ending.abort()
    }
  }
}

/** The token, for the orchestrator that was configured and nobody else. */
export function authorization (url: string, orchestrator: string | undefined, token: string | undefined): Record<string, string> {
  return token !== undefined && orchestrator !== undefined && new URL(url).origin === new URL(orchestrator).origin ? { authorization: `Bearer ${token}` } : {}
}
