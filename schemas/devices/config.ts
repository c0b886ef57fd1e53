// The variables of the module `devices`.
import { Type } from '@sinclair/typebox'
import { inflightAllowed, size, sizeAllowed } from '../sizes.ts'

const trueOrFalse = (description: string, standard: 'true' | 'false') => Type.Union(['true', 'false'].map(value => Type.Literal(value)), { description, default: standard })

/** Variable by variable, as in schemas/config.ts. */
export const devicesVariables = {
  DATABASE_URL: Type.Optional(Type.String({
    description: 'PostgreSQL database that keeps devices, modules and deployments, for several servers together. Without it they are in a SQLite file under DATA_DIR.',
    pattern: '^postgres(ql)?://[^\\s]+$',
    allowed: 'an address such as postgres://tutti@db/tutti',
    secret: true
  })),
  DEVICES_OPEN: trueOrFalse('`true` lets devices, command line and pages of the Wasm-IoT orchestrator in, which carry no token, from everywhere. With `false` devices carry an enrolment token and people OPERATOR_TOKEN beyond this machine.', 'false'),
  DEVICES_ADDRESSES: Type.Optional(Type.String({
    description: 'Networks that devices may be in, separated by commas; nothing else is ever asked. Without it: private networks, and loopback where the server itself listens on loopback.',
    pattern: '^ *[0-9A-Fa-f.:]+(/[0-9]{1,3})?( *, *[0-9A-Fa-f.:]+(/[0-9]{1,3})?)* *$',
    allowed: 'a comma-separated list of addresses and networks such as 192.168.1.0/24, fd00::/8'
  })),
  DEVICES_MDNS: Type.Union(['on', 'off'].map(value => Type.Literal(value)), {
    description: '`on` finds devices by multicast DNS (`_webthing._tcp`), and announces this server there.', default: 'on'
  }),
  HEALTH_CHECK_INTERVAL: Type.Number({
    description: 'Time between two probes of one device.', minimum: 0.05, maximum: 3600, default: 15, unit: 's', allowed: 'a number of seconds from 0.05 to 3600'
  }),
  HEALTH_CHECK_THRESHOLD: Type.Integer({
    description: 'Probes in a row that fail before a device counts as offline.', minimum: 1, maximum: 100, default: 5, unit: 'probes'
  }),
  HEALTH_CHECK_TIMEOUT: Type.Integer({
    description: 'Time that a device has for the answer to a probe.', minimum: 10, maximum: 600000, default: 5000, unit: 'ms'
  }),
  PUBLIC_HOST: Type.Optional(Type.String({
    description: 'Address under which devices reach this server, with its scheme. `http://` and the name of this machine where absent.',
    pattern: '^https?://[^\\s/?#@:]+/?$|^https?://\\[[0-9A-Fa-f:]+\\]/?$',
    allowed: 'an address without a port such as http://192.168.1.10'
  })),
  PUBLIC_PORT: Type.Optional(Type.Integer({
    description: 'Port that belongs to PUBLIC_HOST; that of the server where absent.', minimum: 1, maximum: 65535
  })),
  USE_INTERNAL_HOST: trueOrFalse('`true` gives devices the name of this machine for PUBLIC_HOST, whatever that is.', 'false'),
  WASMIOT_INIT_FOLDER: Type.Optional(Type.String({
    description: 'Folder with what another orchestrator has exported (`device`, `module`, `deployment`, `files`). It is read at the first start, into an empty database.', minLength: 1
  })),
  WASMIOT_CLEAR_LOGS: trueOrFalse('`true` forgets the logs of devices at each start.', 'false'),
  WASMIOT_USE_WEB_SOCKETS: trueOrFalse('`true` sends what devices log to whoever opens a WebSocket.', 'false'),
  DEVICES_RISK: Type.Union(['off', 'warn', 'enforce'].map(value => Type.Literal(value)), {
    description: 'What the check of risks and zones does: nothing, write certificates, or refuse devices that do not pass.', default: 'warn'
  }),
  DEVICES_TIMEOUT: Type.Integer({
    description: 'Time that a device has to take a deployment, or to forget one.', minimum: 100, maximum: 600000, default: 30000, unit: 'ms'
  }),
  DEVICES_MAX_MODULE: Type.String({
    description: 'Largest WebAssembly module.', pattern: size, allowed: sizeAllowed, default: '32mb'
  }),
  DEVICES_MAX_FILE: Type.String({
    description: 'Largest file of a deployment, of an execution, and of what comes out of one.', pattern: size, allowed: inflightAllowed, default: '64mb'
  }),
  DEVICES_MAX_STORED: Type.String({
    description: 'Most bytes of all files that are kept: modules, their data, and outputs. Outputs give way, oldest first; what is beyond is refused.', pattern: size, allowed: inflightAllowed, default: '8gb'
  }),
  DEVICES_MAX_DEVICES: Type.Integer({
    description: 'Devices that are kept.', minimum: 1, maximum: 100000, default: 10000, unit: 'devices'
  }),
  DEVICES_DAYS: Type.Integer({
    description: 'Time after which executions with their outputs, events, and logs of devices are forgotten.', minimum: 1, maximum: 36500, default: 30, unit: 'days'
  }),
  DEVICES_MAX_LOGS: Type.Integer({
    description: 'Lines that devices have logged, and events, that are kept of each.', minimum: 100, maximum: 10000000, default: 100000, unit: 'lines'
  }),
  EXECUTION_TIMEOUT: Type.Integer({
    description: 'Time after which an execution is given up.', minimum: 1, maximum: 86400, default: 300, unit: 's'
  }),
  EXECUTIONS: Type.Integer({
    description: 'Executions at one time; those beyond are told to come again.', minimum: 1, maximum: 10000, default: 64, unit: 'executions'
  })
}
