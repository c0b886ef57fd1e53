// The variables of the module `tracking`.
import { Type } from '@sinclair/typebox'
import { inflightAllowed, size, sizeAllowed } from '../sizes.ts'

/** Variable by variable, as in schemas/config.ts. */
export const trackingVariables = {
  PUBLIC_KEY: Type.Optional(Type.String({
    // Somebody may put the private one here.
    secret: true,
    description: 'Key that the tokens of `tracking` are signed with (RS256): the path of a PEM file, or the PEM itself with line ends as `\\n`. JWT are asked for where this or TRACKING_JWKS_URL, AUDIENCE, and the role of the side are set.',
    minLength: 1
  })),
  TRACKING_JWKS_URL: Type.Optional(Type.String({
    description: 'Address of the key set (JWKS) of the identity provider, instead of PUBLIC_KEY: its keys may change while the server runs.',
    pattern: '^https?://[^\\s@#]+$',
    allowed: 'an address such as https://id.example.org/realms/tracking/protocol/openid-connect/certs'
  })),
  AUDIENCE: Type.Optional(Type.String({
    description: 'Audience (`aud`) of the tokens of `tracking`, and the member of their `resource_access` that has the roles.', minLength: 1
  })),
  CLIENT_ROLE: Type.Optional(Type.String({
    description: 'Role that a token on /client must have. Without it /client is open.', minLength: 1
  })),
  PROCESSOR_ROLE: Type.Optional(Type.String({
    description: 'Role that a token on /processor must have. Without it /processor is open.', minLength: 1
  })),
  TRACKING_STRICT: Type.Union(['on', 'off'].map(value => Type.Literal(value)), {
    description: '`on` does not start where only some of PUBLIC_KEY (or TRACKING_JWKS_URL), AUDIENCE, CLIENT_ROLE and PROCESSOR_ROLE are set; `off` leaves open what they do not close, and warns.', default: 'off'
  }),
  TRACKING_PROTECT_HTTP: Type.Union(['on', 'off'].map(value => Type.Literal(value)), {
    description: '`on` asks for `Authorization: Bearer` with a token of a client at /timelines and /objectIds, where /client asks for one. The web interface of TrackTech sends none.', default: 'off'
  }),
  TRACKING_LEGACY: Type.Union(['on', 'off'].map(value => Type.Literal(value)), {
    description: '`on` takes messages as loosely as TrackTech: boxes that are no list are passed on, and a stop goes to every processor. Its web interface and processors fail on these.', default: 'off'
  }),
  TRACKING_TIMEOUT: Type.Optional(Type.Integer({
    description: 'Time after which an object is tracked no longer; without it only a stop ends that.', minimum: 0, maximum: 31536000, unit: 's'
  })),
  TRACKING_EXPIRY: Type.Union(['start', 'sighting'].map(value => Type.Literal(value)), {
    description: 'What TRACKING_TIMEOUT counts from: the start of an object, or the last time it was seen.', default: 'start'
  }),
  TRACKING_MAX_OBJECTS: Type.Integer({
    description: 'Objects that are tracked at one time; those beyond are not started.', minimum: 1, maximum: 10000000, default: 100000, unit: 'objects'
  }),
  TRACKING_MAX_BYTES: Type.String({
    description: 'Bytes of pictures and feature maps of objects that are tracked; what does not fit is not started, or keeps the feature map it has.',
    pattern: size,
    allowed: inflightAllowed,
    default: '512mb'
  }),
  TRACKING_MAX_SOCKETS: Type.Integer({
    description: 'Connections of clients and processors at one time; those beyond are closed with 1013.', minimum: 1, maximum: 1000000, default: 20000, unit: 'connections'
  }),
  TRACKING_MAX_MESSAGE: Type.String({
    description: 'Largest message; a larger one closes the connection with 1009.',
    pattern: size,
    allowed: sizeAllowed,
    default: '10mb'
  }),
  TRACKING_BACKLOG: Type.String({
    description: 'Bytes that may wait for one connection, old boxes left out, which give way to new ones; more close it with 4413.',
    pattern: size,
    allowed: sizeAllowed,
    default: '16mb'
  }),
  TRACKING_RATE_LIMIT: Type.Integer({
    description: 'Messages of one connection, after which it is closed with 4429; 0 for no limit.', minimum: 0, maximum: 10000000, default: 5000, unit: 'a second'
  }),
  TRACKING_AUTH_TIMEOUT: Type.Integer({
    description: 'Time that a connection has to bring its token, where one is asked for; then it is closed with 4408.', minimum: 100, maximum: 3600000, default: 30000, unit: 'ms'
  }),
  TRACKING_AUTH_ATTEMPTS: Type.Integer({
    description: 'Tokens that will not do, after which a connection is closed with 4403.', minimum: 1, maximum: 1000000, default: 10, unit: 'attempts'
  }),
  TRACKING_ORIGINS: Type.Optional(Type.String({
    description: 'Origins of pages that may connect, separated by commas; without it any may. Programs that send no Origin always may.',
    pattern: '^ *https?://[^\\s,/]+( *, *https?://[^\\s,/]+)* *$',
    allowed: 'a comma-separated list of origins such as https://track.example.org'
  })),
  HEARTBEAT_INTERVAL: Type.Integer({
    description: 'Time between two pings to a connection; 0 sends none.', minimum: 0, maximum: 86400, default: 25, unit: 's'
  }),
  HEARTBEAT_TIMEOUT: Type.Integer({
    description: 'Time that a peer has for its pong; then its connection is broken.', minimum: 1, maximum: 86400, default: 8, unit: 's'
  }),
  TIMELINE_DAYS: Type.Integer({
    description: 'Time that sightings are kept; 0 keeps them for ever.', minimum: 0, maximum: 36500, default: 30, unit: 'days'
  }),
  TIMELINE_BYTES: Type.String({
    description: 'Bytes of all timelines; the oldest go first.',
    pattern: size,
    allowed: inflightAllowed,
    default: '1gb'
  })
}
