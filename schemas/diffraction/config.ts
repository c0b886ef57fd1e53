// The variables of the module `diffraction`.
import { Type } from '@sinclair/typebox'
import { inflightAllowed, size } from '../sizes.ts'

const switchable = (description: string, standard: 'on' | 'off') => Type.Union(['on', 'off'].map(value => Type.Literal(value)), { description, default: standard })

/** Variable by variable, as in schemas/config.ts. */
export const diffractionVariables = {
  DIFFRACTION_ROOT: Type.Optional(Type.String({
    description: 'Folders that frames may be in, separated by colons. Files elsewhere are not there for anybody, whatever links say. `{esaf}` and `{user}` in a folder stand for those of the session.',
    pattern: '^/[^:]*(:/[^:]*)*$',
    allowed: 'a list of absolute paths separated by colons, such as /data/esaf{esaf}:/mnt/archive'
  })),
  DIFFRACTION_IDENTITY: Type.Union(['user', 'single'].map(value => Type.Literal(value)), {
    description: 'As whom frames are read. `user`: a worker process under the uid of the user and the gid of `e<ESAF>`, which takes a server that runs as root. `single`: worker processes under the uid of the server itself.',
    default: 'user'
  }),
  DIFFRACTION_PUBLIC_KEY: Type.Optional(Type.String({
    description: 'Path of the public key (PEM, RSA) that the signatures of sessions are checked with.', minLength: 1
  })),
  DIFFRACTION_REDIS_URL: Type.Optional(Type.String({
    description: 'Redis that has the sessions; that of REDIS_URL where absent.',
    pattern: '^rediss?://[^\\s]+$',
    allowed: 'an address such as redis://10.1.253.10:6379',
    secret: true
  })),
  DIFFRACTION_SESSIONS: Type.Optional(Type.String({
    description: 'JSON file with sessions instead of Redis, for a machine of one\'s own: an object of pid to `isAuth`. It is read again whenever it changes, and needs no signatures.', minLength: 1
  })),
  DIFFRACTION_ZMQ: Type.Optional(Type.String({
    description: 'Where requests come from by ZeroMQ: `connect:` and the address of the DEALER of a proxy, as the LS-CAT image server does, or `bind:` and an address to listen on. Several are separated by commas.',
    pattern: '^ *(connect|bind):(tcp|ipc)://[^\\s,]+( *, *(connect|bind):(tcp|ipc)://[^\\s,]+)* *$',
    allowed: 'an address with connect: or bind: before it, or several separated by commas, such as connect:tcp://10.1.253.10:60202'
  })),
  DIFFRACTION_HEARTBEAT: Type.Integer({
    description: 'Time between two heartbeats to each peer by ZeroMQ; one that owes three is taken for gone. 0 sends none.', minimum: 0, maximum: 3600, default: 10, unit: 's'
  }),
  DIFFRACTION_TIMEOUT: Type.Integer({
    description: 'Time after which a request has its answer, be it that there is none.', minimum: 100, maximum: 600000, default: 10000, unit: 'ms'
  }),
  DIFFRACTION_LEGACY: switchable('`on` answers a file that cannot be read with an empty grey picture, as the LS-CAT image server does, instead of an error.', 'off'),
  DIFFRACTION_THREADS: Type.Integer({
    description: 'Threads that decode and reduce frames, in each worker process.', minimum: 1, maximum: 64, default: 2, unit: 'threads'
  }),
  DIFFRACTION_WORKERS: Type.Integer({
    description: 'Worker processes at one time, one for each session and ESAF; the one longest idle gives way.', minimum: 1, maximum: 256, default: 8, unit: 'processes'
  }),
  DIFFRACTION_IDLE: Type.Integer({
    description: 'Time after which a worker process that nobody asks ends.', minimum: 1, maximum: 86400, default: 300, unit: 's'
  }),
  DIFFRACTION_QUEUE: Type.Integer({
    description: 'Requests that may wait for one worker process; those beyond are told to come again.', minimum: 1, maximum: 100000, default: 256, unit: 'requests'
  }),
  DIFFRACTION_FRAME_CACHE: Type.String({
    description: 'Bytes of frames as read that one worker process keeps.', pattern: size, allowed: inflightAllowed, default: '256mb'
  }),
  DIFFRACTION_REDUCED_CACHE: Type.String({
    description: 'Bytes of reduced frames that one worker process keeps; 4 for each pixel of a picture.', pattern: size, allowed: inflightAllowed, default: '128mb'
  }),
  DIFFRACTION_SHARED_CACHE: switchable('`on` shares reduced frames by the Redis of REDIS_URL, for 300 s since they were last asked for.', 'on'),
  DIFFRACTION_PREFETCH: Type.Integer({
    description: 'Frames on each side of the one asked for that are read ahead; 0 for none.', minimum: 0, maximum: 16, default: 1, unit: 'frames'
  }),
  DIFFRACTION_MAX_PIXELS: Type.Integer({
    description: 'Most pixels of a frame, and of a picture of one.', minimum: 10000, maximum: 1000000000, default: 100000000, unit: 'pixels'
  }),
  DIFFRACTION_ORIGINS: Type.Optional(Type.String({
    description: 'Origins whose pages may read frames (CORS), separated by commas, or `*` for all; without it only Tutti\'s own pages may.',
    pattern: '^ *(\\*|https?://[^\\s,/]+( *, *https?://[^\\s,/]+)*) *$',
    allowed: 'a comma-separated list of origins such as https://beamline.example.org, or *'
  })),
  DIFFRACTION_LINK_SECRET: Type.Optional(Type.String({
    description: 'Secret that links to single frames are signed with; without it there are none.', minLength: 16, secret: true, allowed: 'a text of 16 characters or more'
  })),
  DIFFRACTION_RATE_LIMIT: Type.Integer({
    description: 'Tokens of no session that one address may send in a minute; with more it is refused, unless its token is known to be good. 0 for no limit.', minimum: 0, maximum: 1000000, default: 60, unit: 'requests'
  }),
  DIFFRACTION_INDEXER: Type.Optional(Type.String({
    description: 'The indexing program and its arguments, as a JSON array of texts; without it indexing is refused. `{arguments}` stands where those of a request go, at the end where it is missing.',
    pattern: '^\\[ *".+\\]$',
    allowed: 'a JSON array such as ["rapd.index","--json"]'
  })),
  DIFFRACTION_INDEX_TIMEOUT: Type.Integer({
    description: 'Time that the indexing program has.', minimum: 1, maximum: 86400, default: 300, unit: 's'
  }),
  DIFFRACTION_INDEXERS: Type.Integer({
    description: 'Indexing programs that run at one time.', minimum: 1, maximum: 64, default: 2, unit: 'programs'
  }),
  DIFFRACTION_PROGRESS_HOSTS: Type.Optional(Type.String({
    description: 'Redis servers that the progress of indexing may be published to where a request names them, besides that of the sessions; to others nothing is published.',
    pattern: '^ *[A-Za-z0-9._-]+:[0-9]{1,5}( *, *[A-Za-z0-9._-]+:[0-9]{1,5})* *$',
    allowed: 'a comma-separated list of hosts with ports such as 10.1.253.10:6379'
  }))
}
