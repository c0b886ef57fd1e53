// A network for tests of multicast DNS: whoever has joined hears everybody, itself included.
import { EventEmitter, once } from 'node:events'
import type { MdnsPacket, MdnsQuestion, MdnsRecord, MdnsTransport } from '../../../lib/devices/discovery/mdns-transport.ts'
import { serviceType } from '../../../lib/devices/discovery/mdns-transport.ts'

/** A network. */
export interface MemoryNetwork {
  join (): MdnsTransport
  /** Everything that was sent, oldest first. */
  readonly packets: MdnsPacket[]
  /** The next packet, or the first that has come already, of which this holds. */
  find (isMeant: (packet: MdnsPacket) => boolean): Promise<MdnsPacket>
}

/** Makes an empty network. */
export function createNetwork (): MemoryNetwork {
  const wire = new EventEmitter<{ packet: [MdnsPacket] }>().setMaxListeners(100)
  const packets: MdnsPacket[] = []
  // As on a real one, nobody hears anything while it still speaks.
  const send = (packet: MdnsPacket) => {
    packets.push(packet)
    setImmediate(() => wire.emit('packet', packet))
  }
  return {
    packets,
    join: () => ({
      query: (questions: readonly MdnsQuestion[], known: readonly MdnsRecord[] = []) => send({ kind: 'query', questions, records: known }),
      respond: (answers: readonly MdnsRecord[], additional: readonly MdnsRecord[] = []) => send({ kind: 'response', questions: [], records: [...answers, ...additional] }),
      onPacket (listener) {
        wire.on('packet', listener)
        return () => wire.off('packet', listener)
      },
      close: async () => {}
    }),
    async find (isMeant) {
      for (let at = 0; ; at++) {
        while (at >= packets.length) await once(wire, 'packet')
        const packet = packets[at]
        if (packet !== undefined && isMeant(packet)) return packet
      }
    }
  }
}

/** What a supervisor announces. */
export interface Announced { readonly name: string, readonly port: number, readonly addresses: readonly string[], readonly text?: readonly string[], readonly ttl?: number }

/** The records of a supervisor. */
export function recordsOf ({ name, port, addresses, text = ['path=/', 'tls=0'], ttl = 120 }: Announced) {
  const host = `${name}-host.local`
  const instance = `${name}.${serviceType}`
  return {
    pointer: { name: serviceType, type: 'PTR', ttl, data: instance },
    server: { name: instance, type: 'SRV', ttl, flush: true, data: { target: host, port } },
    text: { name: instance, type: 'TXT', ttl, flush: true, data: text },
    addresses: addresses.map(data => ({ name: host, type: data.includes(':') ? 'AAAA' : 'A', ttl, flush: true, data } as const))
  } as const
}

/** Announces a supervisor, all in one packet. */
export function announce (transport: MdnsTransport, announced: Announced): void {
  const { pointer, server, text, addresses } = recordsOf(announced)
  transport.respond([pointer, server, text, ...addresses])
}
