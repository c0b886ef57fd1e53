// The peers of a hub in the benchmark: one processor that sends boxes, and any number of clients that count what comes. They parse nothing, so that the hub is what is measured.
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { createFrameReader, frame, opcodes, upgradeRequest } from '../test/fixtures/websocket-frames.ts'
import { boxesText } from './boxes.ts'
import type { BoxesForm } from './boxes.ts'
import { obey } from './child.ts'
import { percentile } from './statistics.ts'

/** A hub and who is to be connected to it. */
export interface CrowdOrder {
  /** Its port on this machine. */
  port: number
  /** Clients that count. */
  clients: number
  /** Clients that read nothing after their upgrade. */
  deaf?: number
  /** Whether the clients want to hear of new objects and of their end, as the web interface does. */
  usesImages?: boolean
}

/** Boxes as fast as they are taken. */
export interface FloodOrder {
  port: number
  form: BoxesForm
  /** Time after which no more are sent, or how many are sent. */
  milliseconds?: number
  messages?: number
  /** Messages that may be under way: the next one goes out when all clients have counted the one before these. */
  window: number
}

/** What came of it. */
export interface FloodResult {
  /** Messages that were sent, each of which has come to all clients. */
  sent: number
  /** Messages that came, at all clients together. */
  delivered: number
  seconds: number
}

/** Boxes at a pace. */
export interface PaceOrder {
  port: number
  form: BoxesForm
  messages: number
  /** Milliseconds from one to the next. */
  pause: number
}

/** How long messages took, in milliseconds, from before they were written until they were read, at every client. */
export interface PaceResult { deliveries: number, p50: number, p99: number, most: number }

/** Longest time in which nothing comes while something should, in milliseconds. */
const patience = 20_000

/** Connections that are opened at one time; a server's queue of them is not endless. */
const openings = 100

interface Group {
  processor: Socket
  clients: Socket[]
  /** Clients that do not read, and how they end. */
  deaf: Array<{ socket: Socket, ended: Promise<string> }>
  /** Called when a client has read a message: which one, and how many it has read before. */
  onRead: (client: number, before: number) => void
  counts: number[]
  /** Rejects when a connection ends that nobody has closed. */
  broken: Promise<never>
  isOver: boolean
}

/** What the crowd can be told. */
export type CrowdSkills = ReturnType<typeof createCrowd>

/** Makes a crowd of nobody. */
export function createCrowd () {
  const groups = new Map<number, Group>()
  const groupAt = (port: number) => {
    const group = groups.get(port)
    if (group === undefined) throw new Error('nobody is connected there')
    return group
  }

  return {
    /** Connects a processor, which identifies itself as `camera`, and clients. Resolves when all are. */
    async gather ({ port, clients, deaf = 0, usesImages = false }: CrowdOrder): Promise<void> {
      const { promise: broken, reject: onBroken } = Promise.withResolvers<never>()
      broken.catch(() => {})
      const processor = await open({ port, path: '/processor', onMessage: () => {}, onEnd: onBroken })
      processor.write(frame('{"type":"identifier","id":"camera"}'))
      const group: Group = { processor, clients: [], deaf: [], onRead: () => {}, counts: [], broken, isOver: false }
      const end = (error: Error) => { if (!group.isOver) onBroken(error) }
      const total = clients + deaf
      let next = 0
      await Promise.all(Array.from({ length: Math.min(openings, total) }, async () => {
        while (next < total) {
          const index = next++
          if (index >= clients) {
            const { promise: ended, resolve } = Promise.withResolvers<string>()
            group.deaf.push({ socket: await open({ port, path: '/client', isDeaf: true, usesImages, onMessage: () => {}, onEnd: error => resolve(error.message) }), ended })
            continue
          }
          group.counts[index] = 0
          const onMessage = () => {
            const before = group.counts[index] ?? 0
            group.counts[index] = before + 1
            group.onRead(index, before)
          }
          group.clients.push(await open({ port, path: '/client', usesImages, onMessage, onEnd: end }))
        }
      }))
      groups.set(port, group)
    },

    /** Sends boxes as fast as all clients take them. @throws Error where one of them does not come */
    async flood ({ port, form, milliseconds = Infinity, messages = Infinity, window }: FloodOrder): Promise<FloodResult> {
      const group = groupAt(port)
      const one = frame(boxesText(form))
      const many = Buffer.concat(Array.from({ length: window }, () => one))
      const { promise: done, resolve } = Promise.withResolvers<void>()
      const base = group.counts[0] ?? 0
      group.counts.fill(base)
      // How many clients have read the message of this place, of those that are under way.
      const readers = new Uint32Array(window)
      let sent = 0
      let everywhere = 0
      let isOver = false
      let isWaiting = false
      const begun = performance.now()
      const pump = () => {
        isWaiting = false
        isOver ||= performance.now() - begun >= milliseconds || sent >= messages
        const room = isOver ? 0 : Math.min(window - (sent - everywhere), messages - sent)
        if (room > 0) {
          sent += room
          group.processor.write(many.subarray(0, room * one.length))
        } else if (isOver && everywhere === sent) {
          resolve()
        }
      }
      group.onRead = (_, before) => {
        const place = (before - base) % window
        const count = (readers[place] ?? 0) + 1
        if (count < group.counts.length) {
          readers[place] = count
          return
        }
        readers[place] = 0
        everywhere += 1
        // What several reads make room for goes out in one write.
        if (isWaiting) return
        isWaiting = true
        setImmediate(pump)
      }
      pump()
      try {
        await watch(group, done, () => everywhere, () => `${sent - everywhere} of ${sent} messages have not come to all clients`)
      } finally {
        group.onRead = () => {}
      }
      return { sent, delivered: sent * group.counts.length, seconds: (performance.now() - begun) / 1000 }
    },

    /** Sends boxes one at a time, and says how long each took to each client. @throws Error where one of them does not come */
    async pace ({ port, form, messages, pause }: PaceOrder): Promise<PaceResult> {
      const group = groupAt(port)
      const bytes = frame(boxesText(form))
      const times: number[] = []
      for (let message = 0; message < messages; message++) {
        const { promise: done, resolve } = Promise.withResolvers<void>()
        let missing = group.counts.length
        const begun = performance.now()
        group.onRead = () => {
          times.push(performance.now() - begun)
          if (--missing === 0) resolve()
        }
        group.processor.write(bytes)
        await watch(group, done, () => missing, () => `${missing} clients have not got a message`)
        const rest = pause - (performance.now() - begun)
        if (rest > 0) await new Promise(resolve => setTimeout(resolve, rest))
      }
      group.onRead = () => {}
      return { deliveries: times.length, p50: percentile(times, 0.5), p99: percentile(times, 0.99), most: percentile(times, 1) }
    },

    /**
     * A client that starts objects with pictures and ends each at once: messages that must not be dropped.
     * Resolves when every client that reads has been told of all.
     */
    async track ({ port, objects, firstId, bytes }: { port: number, objects: number, firstId: number, bytes: number }): Promise<void> {
      const group = groupAt(port)
      const image = `data:image/png;base64,${'A'.repeat(bytes)}`
      const { promise: done, resolve } = Promise.withResolvers<void>()
      let started = 0
      let told = 0
      const client = await open({ port, path: '/client', onMessage: () => {}, onEnd: () => {} })
      const start = frame(JSON.stringify({ type: 'start', cameraId: 'camera', image }))
      const next = () => {
        if (started === objects) return resolve()
        client.write(start)
        client.write(frame(JSON.stringify({ type: 'stop', objectId: firstId + started })))
        started += 1
      }
      // A new object and its end, at every client that reads.
      group.onRead = () => {
        told += 1
        if (told % (2 * group.counts.length) === 0) next()
      }
      next()
      try {
        await watch(group, done, () => told, () => `only ${started} of ${objects} objects have been told of`)
      } finally {
        group.onRead = () => {}
        client.destroy()
      }
    },

    /** Lets those that do not read begin to. @returns how their connections end, in words; `it goes on` where one does not */
    async wake (port: number): Promise<string[]> {
      return await Promise.all(groupAt(port).deaf.map(async ({ socket, ended }) => {
        socket.resume()
        const tooLate = new Promise<string>(resolve => setTimeout(resolve, patience / 4, 'it goes on').unref())
        return await Promise.race([ended, tooLate])
      }))
    },

    /** Starts objects as fast as they are taken. Resolves when all clients have been told of all. */
    async start ({ port, objects }: { port: number, objects: number }): Promise<void> {
      const group = groupAt(port)
      const client = await open({ port, path: '/client', onMessage: () => {}, onEnd: () => {} })
      const some = Buffer.concat(Array.from({ length: 100 }, () => frame('{"type":"start","cameraId":"camera","frameId":1620000000.25,"boxId":1}')))
      const all = reads(group, objects)
      for (let started = 0; started < objects; started += 100) {
        if (!client.write(some)) await new Promise(resolve => client.once('drain', resolve))
      }
      await all
      client.destroy()
    },

    /** Resolves when every client has read so many messages from now on. @param longest - time in which nothing need come, in milliseconds */
    async read ({ port, messages, longest }: { port: number, messages: number, longest: number }): Promise<void> {
      await reads(groupAt(port), messages, longest)
    },

    /** Sends texts as a client, in whose place there is nobody afterwards. Resolves when they have been sent. */
    async order ({ port, texts }: { port: number, texts: string[] }): Promise<void> {
      const client = await open({ port, path: '/client', onMessage: () => {}, onEnd: () => {} })
      await new Promise(resolve => client.end(Buffer.concat(texts.map(text => frame(text))), () => resolve(undefined)))
    },

    /**
     * What a hub does all day: boxes at a pace, in which the newest object is seen; each minute thirty objects, one after the other.
     * @param rate - messages a second
     * @param firstId - number of the first object
     * @returns messages that were sent, those that were read, and objects that were started
     */
    async live ({ port, form, milliseconds, rate, firstId }: { port: number, form: BoxesForm, milliseconds: number, rate: number, firstId: number }): Promise<{ sent: number, read: number, objects: number }> {
      const group = groupAt(port)
      const client = await open({ port, path: '/client', onMessage: () => {}, onEnd: () => {} })
      const read = () => group.counts.reduce((sum, count) => sum + count, 0)
      const before = read()
      const begun = performance.now()
      let bytes = frame(boxesText(form))
      let sent = 0
      let objects = 0
      const changeObject = () => {
        if (objects > 0) client.write(frame(JSON.stringify({ type: 'stop', objectId: firstId + objects - 1 })))
        client.write(frame('{"type":"start","cameraId":"camera","frameId":1620000000.25,"boxId":1}'))
        bytes = frame(boxesText({ ...form, objects: [firstId + objects] }))
        objects += 1
      }
      await new Promise<void>(resolve => {
        // As many as are due, whenever the timer comes: it does not come evenly.
        const timer = setInterval(() => {
          const elapsed = performance.now() - begun
          if (elapsed > objects * 2000) changeObject()
          for (; sent < elapsed / 1000 * rate; sent++) group.processor.write(bytes)
          if (elapsed < milliseconds) return
          clearInterval(timer)
          resolve()
        }, 1000 / rate)
      })
      await new Promise(resolve => client.end(frame(JSON.stringify({ type: 'stop', objectId: firstId + objects - 1 })), () => resolve(undefined)))
      return { sent, read: read() - before, objects }
    },

    /** Closes all connections to a hub. */
    async scatter (port: number): Promise<void> {
      const group = groups.get(port)
      if (group === undefined) return
      group.isOver = true
      groups.delete(port)
      await Promise.all([group.processor, ...group.clients, ...group.deaf.map(({ socket }) => socket)].map(socket => new Promise(resolve => {
        if (socket.destroyed) return resolve(undefined)
        socket.once('close', resolve)
        // At once and without a trace: no port waits for what may still come. One that has begun to end cannot be reset.
        if (socket.writableEnded || socket.readableEnded) socket.destroy()
        else socket.resetAndDestroy()
      })))
    }
  }
}

/** Resolves when every client has read so many messages from now on. */
async function reads (group: Group, messages: number, longest?: number): Promise<void> {
  const { promise: done, resolve } = Promise.withResolvers<void>()
  let missing = messages * group.counts.length
  group.onRead = () => {
    if (--missing === 0) resolve()
  }
  try {
    await watch(group, done, () => missing, () => `${missing} messages have not come`, longest)
  } finally {
    group.onRead = () => {}
  }
}

/** Waits, as long as something moves. @param longest - time in which nothing need move, in milliseconds */
async function watch (group: Group, done: Promise<void>, progress: () => number, complaint: () => string, longest = patience): Promise<void> {
  let last = progress()
  const { promise: stuck, reject } = Promise.withResolvers<never>()
  const timer = setInterval(() => {
    const now = progress()
    if (now === last) reject(new Error(complaint()))
    last = now
  }, longest)
  try {
    await Promise.race([done, stuck, group.broken])
  } finally {
    clearInterval(timer)
  }
}

interface Opening {
  port: number
  path: string
  isDeaf?: boolean
  usesImages?: boolean
  onMessage: () => void
  onEnd: (error: Error) => void
}

/** Opens a connection that counts messages and answers pings. */
async function open ({ port, path, isDeaf = false, usesImages = false, onMessage, onEnd }: Opening): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>()
  const socket = connect({ host: '127.0.0.1', port, noDelay: true })
  const fail = (error: Error) => {
    reject(error)
    onEnd(error)
  }
  const read = createFrameReader({
    onHead (head) {
      if (!head.startsWith('HTTP/1.1 101 ')) return fail(new Error(`no upgrade: ${head.split('\r\n')[0]}`))
      if (usesImages) socket.write(frame('{"type":"setUsesImages","usesImages":true}'))
      if (isDeaf) socket.pause()
      resolve(socket)
    },
    onMessage,
    onControl (opcode, payload) {
      if (opcode === opcodes.ping) socket.write(frame(payload, { opcode: opcodes.pong }))
      if (opcode === opcodes.close) fail(new Error(`${path} was closed with ${payload.length < 2 ? 'no code' : payload.readUInt16BE(0)}`))
    }
  }, false)
  socket.on('data', read)
  socket.on('error', ({ message }) => fail(new Error(`a connection to ${path} has ended: ${message}`)))
  socket.on('close', () => fail(new Error(`a connection to ${path} has ended`)))
  socket.once('connect', () => socket.write(upgradeRequest(path)))
  return await promise
}

if (import.meta.main) obey(createCrowd())
