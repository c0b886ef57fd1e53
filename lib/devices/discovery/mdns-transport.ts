// Multicast DNS as discovery sees it: questions and records that go out and come in. The network is behind it; tests put another one in its place.

/** A question. */
export interface MdnsQuestion { readonly name: string, readonly type: 'PTR' | 'SRV' | 'TXT' | 'A' | 'AAAA' | 'ANY' }

/** A record (RFC 1035, RFC 2782, RFC 6762). `ttl` is in seconds; 0 takes the record back. `flush`: it takes the place of all others of its name and type. */
export type MdnsRecord = { readonly name: string, readonly ttl: number, readonly flush?: boolean | undefined } & (
  | { readonly type: 'PTR' | 'A' | 'AAAA', readonly data: string }
  | { readonly type: 'SRV', readonly data: { readonly target: string, readonly port: number } }
  | { readonly type: 'TXT', readonly data: readonly string[] }
)

/** What came. Of records only those of types that are known here. */
export interface MdnsPacket {
  readonly kind: 'query' | 'response'
  readonly questions: readonly MdnsQuestion[]
  /** Answers and additional records. */
  readonly records: readonly MdnsRecord[]
}

/** Sends to everybody on the local network, and hears them, itself included. Nothing that is lost is told. */
export interface MdnsTransport {
  /** @param known - answers that are known already */
  query (questions: readonly MdnsQuestion[], known?: readonly MdnsRecord[]): void
  respond (answers: readonly MdnsRecord[], additional?: readonly MdnsRecord[]): void
  onPacket (listener: (packet: MdnsPacket) => void): () => void
  /** What has been sent is on its way. */
  close (): Promise<void>
}

/** The type of service that supervisors announce. */
export const serviceType = '_webthing._tcp.local'
