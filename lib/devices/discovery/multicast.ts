// Multicast DNS on the real network. Home of multicast-dns.
import multicastDns from 'multicast-dns'
import type { Answer, Packet, Question } from 'dns-packet'
import type { MdnsPacket, MdnsQuestion, MdnsRecord, MdnsTransport } from './mdns-transport.ts'

/** Most questions, and most records, of a packet that are looked at. */
const mostLooked = 256

/** Joins the group on all interfaces. @throws the error of the system where UDP port 5353 cannot be had */
export async function openMulticast (): Promise<MdnsTransport> {
  const mdns = multicastDns()
  const listeners = new Set<(packet: MdnsPacket) => void>()
  const { promise: ready, resolve, reject } = Promise.withResolvers<void>()
  mdns.once('ready', resolve)
  // Later ones are of single packets.
  mdns.on('error', reject)
  mdns.on('warning', () => {})
  const hear = (packet: Packet) => {
    const heard = readPacket(packet)
    for (const listener of listeners) listener(heard)
  }
  mdns.on('query', hear)
  mdns.on('response', hear)
  try {
    await ready
  } catch (error) {
    mdns.destroy()
    throw error
  }

  let sending = 0
  let onSent = () => {}
  /** What cannot be sent, for want of a network, is as good as lost on the way. */
  const send = (write: (onEnd: () => void) => void) => {
    sending += 1
    write(() => {
      sending -= 1
      if (sending === 0) onSent()
    })
  }
  return {
    query (questions, known = []) {
      const sendable = questions.filter(each => isSendable(each.name)).map(each => ({ ...each }) as Question)
      if (sendable.length > 0) send(onEnd => mdns.query({ questions: sendable, answers: known.filter(each => each.type !== 'PTR' || isSendable(each.data)).map(asAnswer) }, onEnd))
    },
    respond (answers, additional = []) { send(onEnd => mdns.respond({ answers: answers.map(asAnswer), additionals: additional.map(asAnswer) }, onEnd)) },
    onPacket (listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    async close () {
      if (sending > 0) await new Promise<void>(resolve => { onSent = resolve })
      await new Promise<void>(resolve => mdns.destroy(resolve))
    }
  }
}

/** Whether a name that came from the network can go back there: its bytes may have been no text, and have become longer. */
function isSendable (name: string): boolean {
  return Buffer.byteLength(name) < 254 && name.split('.').every(label => label !== '' && Buffer.byteLength(label) < 64)
}

function asAnswer (record: MdnsRecord): Answer {
  const { name, ttl, flush = false } = record
  switch (record.type) {
    case 'SRV': return { name, ttl, flush, type: 'SRV', data: { ...record.data } }
    case 'TXT': return { name, ttl, flush, type: 'TXT', data: [...record.data] }
    default: return { name, ttl, flush, type: record.type, data: record.data }
  }
}

function readPacket ({ type, questions = [], answers = [], additionals = [] }: Packet): MdnsPacket {
  return {
    kind: type === 'query' ? 'query' : 'response',
    questions: questions.slice(0, mostLooked).flatMap(readQuestion),
    records: [...answers, ...additionals].slice(0, mostLooked).flatMap(readRecord)
  }
}

/** The types of dns-packet leave `ANY` out. */
function readQuestion ({ name, type }: { name: string, type: string }): MdnsQuestion[] {
  switch (type) {
    case 'PTR':
    case 'SRV':
    case 'TXT':
    case 'A':
    case 'AAAA':
    case 'ANY': return [{ name, type }]
    default: return []
  }
}

function readRecord (answer: Answer): MdnsRecord[] {
  switch (answer.type) {
    case 'PTR':
    case 'A':
    case 'AAAA': return [{ name: answer.name, type: answer.type, ttl: answer.ttl ?? 0, flush: answer.flush, data: answer.data }]
    case 'SRV': return [{ name: answer.name, type: 'SRV', ttl: answer.ttl ?? 0, flush: answer.flush, data: { target: answer.data.target, port: answer.data.port } }]
    case 'TXT': return [{ name: answer.name, type: 'TXT', ttl: answer.ttl ?? 0, flush: answer.flush, data: [answer.data].flat().map(each => typeof each === 'string' ? each : each.toString()) }]
    default: return []
  }
}
