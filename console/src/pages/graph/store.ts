// What the page knows: services, how each does, and requests, as the server tells of them. What comes between two pictures of the screen is taken over at once.
import { batch, computed, signal } from '@preact/signals'
import type { ReadonlySignal, Signal } from '@preact/signals'
import { ApiFailure } from '../../lib/api.ts'
import { followEvents } from '../../lib/events.ts'
import type { RecentRequest, RecentStep } from './requests.ts'
import { healthOf } from './topology.ts'
import type { Health, Replica, Topology } from './topology.ts'

/** How a service does now. */
export interface Live {
  readonly replicas: readonly Replica[]
  /** Requests in which it works. */
  readonly running: number
  /** How it ended last. */
  readonly last?: RecentStep['kind']
}

/** What a node of the drawing shows: how a service does, or how it ended in one request; undefined for nothing. */
export type Standing = Health | RecentStep['kind'] | undefined

/** What the page knows. */
export interface GraphStore {
  readonly topology: ReadonlySignal<Topology | undefined>
  /** Why the topology cannot be had, or is not up to date. */
  readonly topologyFailure: ReadonlySignal<ApiFailure | undefined>
  readonly requests: ReadonlySignal<readonly RecentRequest[] | undefined>
  readonly requestsFailure: ReadonlySignal<ApiFailure | undefined>
  /** How many requests the server keeps. */
  readonly limit: ReadonlySignal<number>
  /** How many requests are under way, as far as they have been seen to begin. */
  readonly underWay: ReadonlySignal<number>
  /** How one service does. */
  live (name: string): ReadonlySignal<Live>
  /** The same in one word. */
  standing (name: string): ReadonlySignal<Standing>
  /** Follows the server until the signal aborts. */
  follow (signal: AbortSignal): void
}

const idle: Live = { replicas: [], running: 0 }

/** Starts knowing nothing. */
export function createGraphStore (): GraphStore {
  const topology = signal<Topology>()
  const topologyFailure = signal<ApiFailure>()
  const requests = signal<readonly RecentRequest[]>()
  const requestsFailure = signal<ApiFailure>()
  const limit = signal(0)
  const underWay = signal(0)
  const lives = new Map<string, Signal<Live>>()
  const standings = new Map<string, ReadonlySignal<Standing>>()
  /** Services that work, by the number of the request. */
  const running = new Map<number, Set<string>>()

  const live = (name: string): Signal<Live> => {
    const known = lives.get(name) ?? signal(idle)
    lives.set(name, known)
    return known
  }
  const change = (name: string, more: Partial<Live>): void => {
    const one = live(name)
    one.value = { ...one.peek(), ...more }
  }
  const move = (name: string, by: number, last?: RecentStep['kind']): void => {
    change(name, { running: Math.max(0, live(name).peek().running + by), ...last === undefined ? {} : { last } })
  }
  const finish = (number: number): void => {
    for (const name of running.get(number) ?? []) move(name, -1)
    running.delete(number)
  }

  const handlers: Record<string, (data: never) => void> = {
    topology: (data: Topology) => {
      for (const { name, replicas } of data.services) change(name, { replicas })
      topology.value = data
      topologyFailure.value = undefined
    },
    replicas: ({ services }: { services: Array<{ name: string, replicas: Replica[] }> }) => {
      for (const { name, replicas } of services) change(name, { replicas })
    },
    recent: (data: { limit: number, requests: RecentRequest[] }) => {
      for (const number of [...running.keys()]) finish(number)
      limit.value = data.limit
      requests.value = data.requests
      requestsFailure.value = undefined
    },
    started: ({ number }: { number: number }) => { running.set(number, new Set()) },
    step: ({ number, service, kind }: RecentStep & { number: number }) => {
      const services = running.get(number)
      if (kind === 'running') {
        services?.add(service)
        move(service, services === undefined ? 0 : 1)
      } else move(service, services?.delete(service) === true ? -1 : 0, kind)
    },
    ended: (data: RecentRequest) => {
      finish(data.number)
      ended.push(data)
    }
  }

  const ended: RecentRequest[] = []
  const waiting: Array<{ name: string, data: unknown }> = []
  let isPlanned = false
  const takeOver = (): void => {
    isPlanned = false
    batch(() => {
      for (const { name, data } of waiting.splice(0)) handlers[name]?.(data as never)
      if (ended.length > 0) requests.value = [...ended.splice(0).reverse(), ...requests.peek() ?? []].slice(0, limit.peek())
      underWay.value = running.size
    })
  }
  const onEvent = (name: string, data: unknown): void => {
    waiting.push({ name, data })
    if (isPlanned) return
    isPlanned = true
    // A page that nobody sees gets no pictures.
    if (document.hidden) setTimeout(takeOver, 500)
    else requestAnimationFrame(takeOver)
  }
  const followOne = (path: string, failure: Signal<ApiFailure | undefined>, ending: AbortSignal): void => {
    followEvents(path, {
      signal: ending,
      onEvent,
      onState: state => { if (state === 'lost') failure.value = new ApiFailure(0, '') }
    }).catch((error: unknown) => {
      if (!ending.aborted) failure.value = error instanceof ApiFailure ? error : new ApiFailure(500, String(error))
    })
  }

  return {
    topology,
    topologyFailure,
    requests,
    requestsFailure,
    limit,
    underWay,
    live,
    standing (name) {
      const known = standings.get(name) ?? computed(() => healthOf(live(name).value.replicas, live(name).value.running > 0))
      standings.set(name, known)
      return known
    },
    follow (ending) {
      topologyFailure.value = undefined
      requestsFailure.value = undefined
      followOne('/topology', topologyFailure, ending)
      followOne('/requests', requestsFailure, ending)
    }
  }
}
