// What the versioned API of module `devices` answers with.
import { Type } from '@sinclair/typebox'
import type { TSchema } from '@sinclair/typebox'

const open = { additionalProperties: true }
const id = (description: string) => Type.String({ description })
const time = (description: string) => Type.Integer({ description: `${description} In milliseconds since 1970.` })
const optionalTime = (description: string) => Type.Optional(time(description))

/** A refusal. */
export const DevicesRefusal = Type.Object({
  code: Type.String({ description: 'What it is, for programs: `TUTTI_` and more.' }),
  message: Type.String({ description: 'Cause and cure, for people.' }),
  details: Type.Optional(Type.Unknown({ description: 'More, where there is more: what was missing, what a device answered.' }))
})

/** A page of a list. @param item - schema of its entries */
export function pageOf (item: TSchema): TSchema {
  return Type.Object({
    items: Type.Array(item, { description: 'In the order that was asked for.' }),
    next: Type.Optional(Type.String({ description: '`cursor` of the next page; absent on the last one.' }))
  })
}

/** A device. */
export const DeviceAnswer = Type.Object({
  id: id('Its id.'),
  name: Type.String({ description: 'Its identity: the instance name of multicast DNS.' }),
  origin: Type.String({ description: 'How it became known: `mdns`, `registered`, `init`, or `self` for this server.' }),
  addresses: Type.Array(Type.String(), { description: 'IP addresses, in the order in which they are tried.' }),
  port: Type.Integer({ description: 'Port that it listens on.' }),
  tls: Type.Boolean({ description: 'Whether it speaks TLS.' }),
  state: Type.String({ description: '`online`, `suspect` (a probe was not answered well, or none yet), or `offline`.' }),
  reason: Type.Optional(Type.String({ description: 'Why it is in that state.' })),
  since: time('Since when it is.'),
  lastSeen: optionalTime('When a probe was last answered well.'),
  okChecks: Type.Integer({ description: 'Probes in a row that were answered well.' }),
  failedChecks: Type.Integer({ description: 'Probes in a row that were not.' }),
  description: Type.Optional(Type.Object({}, { ...open, description: 'What it says of itself: platform and interfaces.' })),
  health: Type.Optional(Type.Object({
    report: Type.Object({ cpuUsage: Type.Optional(Type.Number({ description: 'Percent.' })), memoryUsage: Type.Optional(Type.Number({ description: 'Share from 0 to 1.' })) }, open),
    time: time('When it told that.')
  }, { description: 'The last health that it told.' })),
  blacklisted: Type.Optional(Type.Object({ reason: Type.Optional(Type.String({ description: 'Why.' })), since: time('Since when.') }, { description: 'Absent where it is not.' })),
  labels: Type.Record(Type.String(), Type.String(), { description: 'What operators say of it.' }),
  statusLog: Type.Array(Type.Object({ status: Type.String(), time: time('When.'), reason: Type.Optional(Type.String()) }), { description: 'Changes of state, newest first.' }),
  createdAt: time('When it became known.')
})

const StoredFile = Type.Object({
  sha256: Type.String({ description: 'SHA-256 of its bytes, hexadecimal.' }),
  size: Type.Integer({ description: 'Bytes.' }),
  mediaType: Type.String({ description: 'Media type.' }),
  originalName: Type.String({ description: 'As the client called it.' })
})

/** A version of a module. */
const ModuleVersionAnswer = Type.Object({
  version: Type.Integer({ description: 'From 1.' }),
  wasm: StoredFile,
  analysis: Type.Object({}, { ...open, description: 'What was found in it without running it: imports, exports with their types, memory in pages of 64 KiB, whether it has a start function.' }),
  functions: Type.Optional(Type.Object({}, { ...open, description: 'How its functions are called, by name; absent until it is described.' })),
  dataFiles: Type.Record(Type.String(), StoredFile, { description: 'Files that are deployed with it, by name of mount.' }),
  createdAt: time('When it came.')
})

/** A module. */
export const ModuleAnswer = Type.Object({
  id: id('Its id.'),
  name: Type.String({ description: 'Its name; others may have the same.' }),
  isCore: Type.Boolean({ description: 'Whether it is a service of this server.' }),
  version: Type.Integer({ description: 'The version that is deployed.' }),
  versions: Type.Array(ModuleVersionAnswer, { description: 'Oldest first.' }),
  createdAt: time('When the first version came.')
})

/** A deployment. */
export const DeploymentAnswer = Type.Object({
  id: id('Its id.'),
  name: Type.String({ description: 'Its name.' }),
  isWanted: Type.Boolean({ description: 'Whether it is to be on devices: the desired state.' }),
  isLeaving: Type.Boolean({ description: 'Whether devices are told to forget it before it goes.' }),
  isReady: Type.Boolean({ description: 'Whether all of its devices have what they are to have.' }),
  isInFailover: Type.Boolean({ description: 'Whether steps are elsewhere than where they belong.' }),
  generation: Type.Integer({ description: 'Rises with each change of what is wanted.' }),
  placedGeneration: Type.Integer({ description: 'The generation that was placed last.' }),
  steps: Type.Array(Type.Object({}, open), { description: 'What is wanted, step by step.' }),
  sequence: Type.Array(Type.Object({}, open), { description: 'Where the steps are now.' }),
  goal: Type.Array(Type.String(), { description: 'Devices that the steps belong to.' }),
  nodes: Type.Optional(Type.Object({}, { ...open, description: 'What each device is told, by its id; not in lists.' })),
  rollouts: Type.Object({}, { ...open, description: 'The observed state: how far each device is, by its id, and what it answered.' }),
  conditions: Type.Array(Type.Object({ type: Type.String(), status: Type.Boolean(), reason: Type.String(), since: time('When it last changed.') }), { description: 'What is so, and what is not: Placed, Ready, InFailover, RiskAccepted.' }),
  validationError: Type.Optional(Type.String({ description: 'That the check of risks was not passed.' })),
  createdAt: time('When it was made.'),
  updatedAt: time('When it last changed.')
})

/** What would come of a deployment. */
export const PlanAnswer = Type.Object({
  sequence: Type.Optional(Type.Array(Type.Object({}, open), { description: 'Where the steps would be; absent where they cannot be placed.' })),
  problem: Type.String({ description: 'Why they cannot be; empty where they can.' }),
  nodes: Type.Object({}, { ...open, description: 'What each device would be told.' }),
  certificate: Type.Optional(Type.Object({}, { ...open, description: 'What the check of risks says.' })),
  decisions: Type.Optional(Type.Unknown({ description: 'Step by step, why which device was chosen, and why others were not.' }))
})

/** An execution. */
export const ExecutionAnswer = Type.Object({
  id: id('Its id.'),
  deployment: id('Its deployment.'),
  state: Type.String({ description: '`queued`, `running`, `succeeded`, `failed` or `cancelled`.' }),
  parameters: Type.Record(Type.String(), Type.String(), { description: 'What was given.' }),
  files: Type.Array(Type.String(), { description: 'Names of files that were given.' }),
  createdAt: time('When it was asked for.'),
  startedAt: optionalTime('When it began.'),
  endedAt: optionalTime('When it ended.'),
  result: Type.Optional(Type.Unknown({ description: 'What the last device gave: text of JSON or null, and names of files or null.' })),
  resultUrl: Type.Optional(Type.String({ description: 'Where it was fetched from.' })),
  outputs: Type.Record(Type.String(), StoredFile, { description: 'Files that came out, by name.' }),
  isInFailover: Type.Boolean({ description: 'Whether the deployment was.' }),
  error: Type.Optional(Type.Object({ code: Type.String(), message: Type.String(), details: Type.Optional(Type.Unknown()) }, { description: 'What went wrong.' })),
  progress: Type.Array(Type.Object({ time: time('When.'), what: Type.String() }), { description: 'What happened on the way, oldest first.' })
})

/** An event. */
export const EventAnswer = Type.Object({
  id: id('Its id.'),
  time: time('When.'),
  subject: Type.String({ description: '`device`, `module`, `deployment` or `execution`.' }),
  subjectId: id('Which.'),
  reason: Type.String({ description: 'What happened, for programs, such as `DeviceOffline`.' }),
  message: Type.String({ description: 'The same for people.' })
})

/** A line that a device has logged. */
export const LogAnswer = Type.Object({
  id: id('Its id.'),
  dateReceived: time('When it came.'),
  deviceName: Type.Optional(Type.String({ description: 'The device, as the line says.' })),
  deployment: Type.Optional(id('The deployment, as the line says.')),
  line: Type.Object({}, { ...open, description: 'As it came.' })
})

/** An enrolment token. */
export const TokenAnswer = Type.Object({
  id: id('Its id.'),
  name: Type.String({ description: 'What it is for.' }),
  createdAt: time('When it was made.'),
  expiresAt: optionalTime('When it ends.'),
  token: Type.Optional(Type.String({ description: 'The token itself, when it is made and never again.' }))
})

/** A card, a zone or a certificate. */
export const RecordAnswer = Type.Object({ id: id('Its id.') }, open)
