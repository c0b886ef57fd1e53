// The configuration: every environment variable that Tutti reads, with its default, its meaning and what is allowed.
// docs/configuration.md is generated from this schema.
import { Type } from '@sinclair/typebox'
import type { Static } from '@sinclair/typebox'
import { devicesVariables } from './devices/config.ts'
import { diffractionVariables } from './diffraction/config.ts'
import { inflightAllowed, size, sizeAllowed } from './sizes.ts'
import { trackingVariables } from './tracking/config.ts'

/** Memcached servers as the reference lists them. */
const serverList = {
  pattern: '^ *[^\\s,@]+( *, *[^\\s,@]+)* *$',
  allowed: 'a list such as memcached:11211,10.0.0.2:11211'
}

/** The modules that this version can switch on. */
export const moduleNames = ['graphics', 'tracking', 'diffraction', 'devices'] as const

/** The environment, variable by variable. Custom keyword `allowed` says in words what a pattern means; `unit` names the unit of a number; `secret` keeps the value out of messages. */
export const ConfigSchema = Type.Object({
  PORT: Type.Integer({
    description: 'TCP port of the HTTP server; 0 takes any free port.', minimum: 0, maximum: 65535, default: 8080
  }),
  HOST: Type.String({
    description: 'Address to listen on. The default can be reached from this machine only; 0.0.0.0 listens on every interface.',
    default: '127.0.0.1',
    minLength: 1
  }),
  MODULES: Type.String({
    description: 'Modules to switch on, separated by commas.',
    pattern: `^ *(${moduleNames.join('|')})( *, *(${moduleNames.join('|')}))* *$`,
    allowed: `a comma-separated list of ${moduleNames.join(', ')}`,
    default: 'graphics'
  }),
  DISCOVERY: Type.Union([Type.Literal('static'), Type.Literal('docker'), Type.Literal('swarm')], {
    description: 'Where services are found: `static` reads them from SERVICES_FILE, `docker` follows the containers of one Docker engine, `swarm` the services of a Docker Swarm through one of its managers. The container image sets `docker`.',
    default: 'static'
  }),
  SERVICES_FILE: Type.Optional(Type.String({
    description: 'YAML or JSON file that lists the services for DISCOVERY=static; it is read again whenever it changes. Without it no service is known and every answer is empty.'
  })),
  DOCKER_HOST: Type.String({
    description: 'Where the Docker engine listens: a socket (`unix:///run/docker.sock`) or an address (`tcp://socket-proxy:2375`).',
    pattern: '^(unix:///|(tcp|https?)://[^/?#@\\s]+/?$)',
    allowed: 'an address such as unix:///run/docker.sock or tcp://host:2375; http:// and https:// will do too',
    default: 'unix:///var/run/docker.sock'
  }),
  DOCKER_TLS_VERIFY: Type.Optional(Type.String({
    description: 'Anything but 0 or false speaks TLS with the Docker engine and checks its certificate; DOCKER_CERT_PATH is needed then.'
  })),
  DOCKER_CERT_PATH: Type.Optional(Type.String({
    description: 'Folder with `ca.pem`, `cert.pem` and `key.pem` for TLS with the Docker engine.'
  })),
  DOCKER_TIMEOUT: Type.Integer({
    description: 'Time that the Docker engine has for an answer. No request of a client waits for it.', minimum: 100, maximum: 600000, default: 5000, unit: 'ms'
  }),
  RECONCILE_INTERVAL: Type.Integer({
    description: 'Time after which the containers are listed again although no event has come, with DISCOVERY=docker.', minimum: 100, maximum: 3600000, default: 30000, unit: 'ms'
  }),
  SWARM_INTERVAL: Type.Integer({
    description: 'Time after which the tasks are listed again, with DISCOVERY=swarm: Docker sends no events about tasks.', minimum: 100, maximum: 3600000, default: 1000, unit: 'ms'
  }),
  OWN_CONTAINER: Type.Optional(Type.String({
    description: 'Id or name of the container that Tutti runs in, where it cannot find out by itself: services are those that share a network with it.',
    pattern: '^/?[a-zA-Z0-9][a-zA-Z0-9_.-]+$',
    allowed: 'a container\'s id or name'
  })),
  DISCOVERY_NETWORKS: Type.Optional(Type.String({
    description: 'Names or ids of the networks on which services are found, separated by commas, instead of those of the own container. Needed where Tutti runs in no container.'
  })),
  HOSTNAME: Type.Optional(Type.String({
    description: 'Set by Docker to the short id of the own container.'
  })),
  OPERATOR_TOKEN: Type.Optional(Type.String({
    description: 'Token that operators send as `Authorization: Bearer …` to /topology and /metrics. Without it these answer on loopback only.',
    pattern: '^[!-~]{16,}$',
    secret: true,
    allowed: 'a text of 16 or more letters, digits and signs of ASCII, without spaces'
  })),
  DATA_DIR: Type.String({
    description: 'Folder for everything that Tutti keeps; made when it is missing.', default: 'data', minLength: 1
  }),
  LOG_LEVEL: Type.Union(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'].map(level => Type.Literal(level)), {
    description: 'Least severe log lines that are written. Lines are JSON and never hold a graphic, its text or an answer.', default: 'info'
  }),
  MAX_BODY: Type.String({
    description: 'Largest request body, after decompression. A larger one is answered 413.',
    pattern: size,
    allowed: sizeAllowed,
    default: '100kb'
  }),
  MAX_REPLY: Type.String({
    description: 'Largest reply of one service. A larger one is cut off and counts as that service\'s failure.',
    pattern: size,
    allowed: sizeAllowed,
    default: '32mb'
  }),
  PARALLEL_PREPROCESSORS: Type.Union(['ON', 'on', 'OFF', 'off'].map(value => Type.Literal(value)), {
    description: 'ON runs whatever is ready as a graph; OFF runs preprocessors one after the other in order of priority, then all handlers.', default: 'OFF'
  }),
  PARALLEL_LIMIT: Type.Integer({
    description: 'Calls to services in flight at one time, over all requests.', minimum: 1, maximum: 100000, default: 256, unit: 'calls'
  }),
  SERVICE_LIMIT: Type.Integer({
    description: 'Calls to one service in flight at one time, over all requests; where it has the label tutti.concurrency, most calls to one of its replicas.', minimum: 1, maximum: 100000, default: 32, unit: 'calls'
  }),
  PREPROCESSOR_TIMEOUT: Type.Integer({
    description: 'Time that a preprocessor has for its whole reply, headers and body.', minimum: 1, maximum: 3600000, default: 15000, unit: 'ms'
  }),
  HANDLER_TIMEOUT: Type.Integer({
    description: 'Time that a handler has for its whole reply, headers and body.', minimum: 1, maximum: 3600000, default: 60000, unit: 'ms'
  }),
  RETRY_BUDGET: Type.Integer({
    description: 'Most further attempts in flight to one service, as a share of its calls in flight. Three are always allowed, and those after a refused connection do not count.', minimum: 0, maximum: 100, default: 20, unit: '%'
  }),
  SET_ASIDE_AFTER: Type.Integer({
    description: 'Failures in a row after which a replica is set aside. The last one is only where it does not answer at all; then calls to the service fail at once, but for one a second.', minimum: 1, maximum: 1000, default: 5, unit: 'failures'
  }),
  SET_ASIDE_TIME: Type.Integer({
    description: 'Time that a replica is set aside; each time in a row adds as much, up to ten times.', minimum: 1, maximum: 3600000, default: 30000, unit: 'ms'
  }),
  REQUEST_TIMEOUT: Type.Integer({
    description: 'Time after which a request is answered with whatever is ready. Tablets that stop reading after 60 s want less than that here.',
    minimum: 1,
    maximum: 3600000,
    default: 120000,
    unit: 'ms'
  }),
  HEADERS_TIMEOUT: Type.Integer({
    description: 'Time that a client has to send the headers of a request; then the connection is closed with 408.', minimum: 100, maximum: 3600000, default: 10000, unit: 'ms'
  }),
  RECEIVE_TIMEOUT: Type.Integer({
    description: 'Time that a client has to send a whole request, headers and body; then the connection is closed with 408.', minimum: 100, maximum: 3600000, default: 60000, unit: 'ms'
  }),
  SHUTDOWN_TIMEOUT: Type.Integer({
    description: 'Time that requests in flight have to finish after SIGTERM; what is ready then is sent, and the server exits.', minimum: 0, maximum: 3600000, default: 30000, unit: 'ms'
  }),
  AUTH_JWKS_URL: Type.Optional(Type.String({
    description: 'Where an identity provider publishes its keys (JWKS): operators may then send a JWT that it has signed. AUTH_AUDIENCE is needed too.',
    pattern: '^https?://[^\\s@]+$',
    allowed: 'an address such as https://login.example.org/realms/tutti/protocol/openid-connect/certs'
  })),
  AUTH_PUBLIC_KEY: Type.Optional(Type.String({
    description: 'Instead of AUTH_JWKS_URL: the public key itself as PEM (RSA of 2048 bits or more, P-256 or Ed25519), or the path of a file that holds it.',
    // Somebody may put the private one here.
    secret: true
  })),
  AUTH_AUDIENCE: Type.Optional(Type.String({
    description: 'Audience (`aud`) that a JWT must have.'
  })),
  AUTH_ISSUER: Type.Optional(Type.String({
    description: 'Issuer (`iss`) that a JWT must have. Without it any issuer will do whose key is known.'
  })),
  AUTH_OPERATOR_ROLE: Type.String({
    description: 'Role that makes the holder of a JWT an operator, in `roles`, `realm_access.roles` or `resource_access[AUTH_AUDIENCE].roles`.',
    default: 'operator',
    minLength: 1
  }),
  OPERATOR_RATE_LIMIT: Type.Integer({
    description: 'Wrong tokens from one address, after which operator routes answer it 429; 0 for no limit.', minimum: 0, maximum: 1000000, default: 10, unit: 'a minute'
  }),
  NOT_FOUND_RATE_LIMIT: Type.Integer({
    description: 'Requests from one address for what there is not, after which they are answered 429; 0 for no limit.', minimum: 0, maximum: 1000000, default: 60, unit: 'a minute'
  }),
  RATE_LIMIT: Type.Integer({
    description: 'Requests from one address to /render and /render/preprocess, after which they are answered 429; 0 for no limit.', minimum: 0, maximum: 1000000, default: 0, unit: 'a minute'
  }),
  TRUST_PROXY: Type.Optional(Type.String({
    description: 'Addresses or networks (`10.0.0.0/8`) of the proxies in front of the server, separated by commas. Only what these say in X-Forwarded-For is believed; it is used for rate limits.',
    pattern: '^ *[0-9a-fA-F.:]+(/[0-9]{1,3})?( *, *[0-9a-fA-F.:]+(/[0-9]{1,3})?)* *$',
    allowed: 'a comma-separated list of IP addresses or networks such as 10.0.0.0/8'
  })),
  STORE_IMAGE_DATA: Type.String({
    description: '`ON` or `on` stores each request to /render and its answer in STORAGE_DIR: for an hour, and for 60 days where the user agrees. Any other value stores nothing.',
    default: 'OFF',
    allowed: 'one of ON, OFF'
  }),
  STORAGE_DIR: Type.String({
    description: 'Folder for stored requests; made when it is missing. Several servers may share one.', default: '/var/log/IMAGE', minLength: 1
  }),
  STORAGE_QUEUE: Type.Integer({
    description: 'Most requests that wait to be stored, and no more than 64 MB of them; what comes on top is answered but not stored.', minimum: 1, maximum: 10000, default: 100, unit: 'requests'
  }),
  MAX_REQUESTS: Type.Integer({
    description: 'Requests to /render and /render/preprocess in flight at one time; those beyond are answered 503 with Retry-After, their bodies unread.', minimum: 1, maximum: 100000, default: 256, unit: 'requests'
  }),
  MAX_INFLIGHT: Type.String({
    description: 'Bytes of request bodies in flight at one time: what Content-Length announces, MAX_BODY while a body without one arrives, and MAX_BODY more while one is decompressed. What does not fit is answered 503 with Retry-After. The process needs up to three times as much memory.',
    pattern: size,
    allowed: inflightAllowed,
    default: '512mb'
  }),
  WRITE_TIMEOUT: Type.Integer({
    description: 'Time after which the connection of a client that takes no byte of its answer is broken.', minimum: 100, maximum: 3600000, default: 60000, unit: 'ms'
  }),
  DRAIN_TIME: Type.Integer({
    description: 'Time after SIGTERM in which the server says at /health/ready that it stops and still takes requests, so that what is in front of it can send them elsewhere. The container image sets 2000.', minimum: 0, maximum: 600000, default: 0, unit: 'ms'
  }),
  CACHE_TIMEOUT: Type.Integer({
    description: 'Time that Redis or memcached has to answer from the cache; after that the service is called.', minimum: 1, maximum: 10000, default: 50, unit: 'ms'
  }),
  CACHE_BYTES: Type.String({
    description: 'Memory for cached results, where neither REDIS_URL nor MEMCACHE_SERVERS is set. What has not been asked for longest goes first.',
    pattern: size,
    allowed: inflightAllowed,
    default: '256mb'
  }),
  CACHE_ITEM: Type.String({
    description: 'Largest result that is cached. memcached takes 1 MB unless it is started with `-I`.',
    pattern: size,
    allowed: sizeAllowed,
    default: '5mb'
  }),
  CACHE_OVERRIDE: Type.Optional(Type.String({
    description: 'Folder with files that stand in for what preprocessors would answer: named like the key in the cache, they hold `{"name":…,"data":…}`.', minLength: 1
  })),
  REDIS_URL: Type.Optional(Type.String({
    description: 'Redis or Valkey that holds the cache, for any number of servers together: `redis://user:password@host:6379/0`, `rediss://` for TLS.',
    pattern: '^rediss?://[^\\s]+$',
    secret: true,
    allowed: 'an address such as redis://host:6379, with signs in the password written as %40'
  })),
  MEMCACHIER_SERVERS: Type.Optional(Type.String({
    description: 'The same as MEMCACHE_SERVERS, and stronger where both are set: the name that a hosted memcached sets.',
    ...serverList
  })),
  MEMCACHE_SERVERS: Type.Optional(Type.String({
    description: 'Memcached servers that hold the cache, separated by commas, instead of REDIS_URL. Keys and values are those of the IMAGE server, which may use the same ones.',
    ...serverList
  })),
  MAX_EVENT_LOOP_DELAY: Type.Integer({
    description: 'How late the event loop may be, in the mean of a second. While it is later, requests to /render and /render/preprocess are answered 503 with Retry-After, their bodies unread; 0 for no limit.', minimum: 0, maximum: 600000, default: 250, unit: 'ms'
  }),
  OTEL_EXPORTER_OTLP_ENDPOINT: Type.Optional(Type.String({
    description: 'Where traces are sent, by OTLP over HTTP as JSON: the address of a collector, to which `/v1/traces` is added. Without it nothing is sent, and traces of clients are passed on to the services.',
    pattern: '^https?://[^\\s@?#]+$',
    allowed: 'an address such as http://collector:4318'
  })),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: Type.Optional(Type.String({
    description: 'The same as OTEL_EXPORTER_OTLP_ENDPOINT, and stronger where both are set: the whole address, to which nothing is added.',
    pattern: '^https?://[^\\s@#]+$',
    allowed: 'an address such as http://collector:4318/v1/traces'
  })),
  OTEL_EXPORTER_OTLP_HEADERS: Type.Optional(Type.String({
    description: 'Headers to send traces with, such as a token: `name=value`, separated by commas. Values may be percent-encoded.',
    secret: true,
    allowed: 'a list such as authorization=Bearer%20token,x-tenant=one'
  })),
  OTEL_SERVICE_NAME: Type.String({
    description: 'Name of this server in traces.', default: 'tutti', minLength: 1, maxLength: 255
  }),
  OTEL_TRACES_SAMPLER: Type.Union([
    Type.Literal('parentbased_traceidratio'), Type.Literal('parentbased_always_on'), Type.Literal('parentbased_always_off'),
    Type.Literal('traceidratio'), Type.Literal('always_on'), Type.Literal('always_off')
  ], {
    description: 'Which traces are written down. Those with `parentbased` do what `traceparent` says where the client has sent one.', default: 'parentbased_traceidratio'
  }),
  OTEL_TRACES_SAMPLER_ARG: Type.Number({
    description: 'Share of traces for the samplers by ratio.', minimum: 0, maximum: 1, default: 1, allowed: 'a number from 0 to 1'
  }),
  OTEL_SDK_DISABLED: Type.Optional(Type.String({
    description: '`true` sends no traces whatever else is set.'
  })),
  WORKERS: Type.Integer({
    description: 'Processes that answer requests, behind one port; more than one are of use where there are as many processors and one is kept busy. Bounds of the server are divided among them.', minimum: 1, maximum: 64, default: 1, unit: 'processes'
  }),
  ...trackingVariables,
  SSL_CERT: Type.Optional(Type.String({
    description: 'Path of a certificate chain (PEM). With SSL_KEY the server listens for TLS on SSL_PORT too.', minLength: 1
  })),
  SSL_KEY: Type.Optional(Type.String({
    description: 'Path of the private key (PEM) of SSL_CERT.', minLength: 1
  })),
  SSL_PORT: Type.Integer({
    description: 'TCP port for TLS, where SSL_CERT and SSL_KEY are set; 0 takes any free port.', minimum: 0, maximum: 65535, default: 443
  }),
  SSL_ONLY: Type.Union(['on', 'off'].map(value => Type.Literal(value)), {
    description: '`on` listens for TLS alone: on SSL_PORT, and not on PORT.', default: 'off'
  }),
  TUTTI_REVISION: Type.Optional(Type.String({
    description: 'Commit that the server was built from, which /configuration then names. The container image sets it.', pattern: '^[!-~]{1,100}$', allowed: 'a text such as 4f2c9d1 without spaces'
  })),
  CONSOLE: Type.Union(['on', 'off'].map(value => Type.Literal(value)), {
    description: '`on` serves the web console at /console/, where it has been built.', default: 'on'
  }),
  RECENT_REQUESTS: Type.Integer({
    description: 'Last requests to /render and /render/preprocess whose outcomes GET /requests shows to operators: which services were asked, how each ended and how long it took, nothing of what was sent or answered. 0 keeps none.', minimum: 0, maximum: 10000, default: 200, unit: 'requests'
  }),
  ...diffractionVariables,
  ...devicesVariables
})

/** The environment as read: numbers are numbers, defaults are filled in. */
export type Environment = Static<typeof ConfigSchema>
