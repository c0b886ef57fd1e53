// What is asked of the routes of module `devices`.
import { Type } from '@sinclair/typebox'
import type { Static } from '@sinclair/typebox'

const id = (description: string) => Type.String({ description, pattern: '^[0-9a-f]{24}$', examples: ['6b0267f9372697a1221ec0da'] })
const name = (description: string) => Type.String({ description, minLength: 1, maxLength: 128 })

/** What a device says of itself, or somebody says of it. */
export const RegistrationBody = Type.Object({
  addresses: Type.Optional(Type.Array(Type.String({ maxLength: 64 }), { description: 'IP addresses, in the order in which they are tried; that of the caller where absent.', maxItems: 64 })),
  host: Type.Optional(Type.String({ description: 'Stands for the name where that is absent.', maxLength: 256 })),
  name: Type.Optional(Type.String({ description: 'By which the device is known; no two have the same.', maxLength: 256 })),
  port: Type.Optional(Type.Integer({ description: 'Port that it listens on, 5000 where absent.', minimum: 1, maximum: 65535 })),
  properties: Type.Optional(Type.Record(Type.String(), Type.Unknown(), { description: 'As in TXT records of multicast DNS: `tls`, `address`, `path`.' }))
})
/** What a device says of itself, or somebody says of it. */
export type RegistrationBody = Static<typeof RegistrationBody>

/** A page of a list. */
export const PageQuery = Type.Object({
  cursor: Type.Optional(id('`next` of the page before.')),
  limit: Type.Integer({ description: 'Most entries of the answer.', minimum: 1, maximum: 1000, default: 100 }),
  order: Type.Union([Type.Literal('oldest'), Type.Literal('newest')], { description: 'Which come first.', default: 'oldest' })
})
/** A page of a list. */
export type PageQuery = Static<typeof PageQuery>

/** A page of things that have a name. */
export const NamedPageQuery = Type.Object({ ...PageQuery.properties, name: Type.Optional(name('Only those of this name.')) })
/** A page of things that have a name. */
export type NamedPageQuery = Static<typeof NamedPageQuery>

/** A page of things that happen. */
export const TimedPageQuery = Type.Object({
  ...PageQuery.properties,
  after: Type.Optional(Type.Integer({ description: 'Only those that are younger: milliseconds since 1970.', minimum: 0, maximum: 8_640_000_000_000_000 })),
  owner: Type.Optional(id('Only those that belong to this device, module, deployment or execution.'))
})
/** A page of things that happen. */
export type TimedPageQuery = Static<typeof TimedPageQuery>

/** Since when, for lists of the reference. */
export const AfterQuery = Type.Object({
  after: Type.Optional(Type.String({ description: 'Only those that are younger: ISO 8601, or milliseconds since 1970.', maxLength: 64 })),
  limit: Type.Integer({ description: 'Most entries of the answer, the oldest first.', minimum: 1, maximum: 10_000, default: 10_000 })
})
/** Since when, for lists of the reference. */
export type AfterQuery = Static<typeof AfterQuery>

/** The id in a path. */
export const IdParams = Type.Object({ id: id('Its id.') })
/** The id in a path. */
export type IdParams = Static<typeof IdParams>

/** What may be an id or a name in a path. */
export const ReferenceParams = Type.Object({ id: Type.String({ description: 'Its id or its name; of several of one name the newest is meant.', minLength: 1, maxLength: 256, examples: ['6b0267ff372697a1221ec0e3'] }) })
/** What may be an id or a name in a path. */
export type ReferenceParams = Static<typeof ReferenceParams>

/** Why a device is blacklisted. */
export const BlacklistBody = Type.Object({ reason: Type.Optional(Type.String({ description: 'Why, for people.', maxLength: 256 })) })
/** Why a device is blacklisted. */
export type BlacklistBody = Static<typeof BlacklistBody>

/** Labels of a device. */
export const LabelsBody = Type.Record(Type.String({ pattern: '^[A-Za-z0-9_.-]{1,63}$' }), Type.String({ maxLength: 256 }), { description: 'All labels of the device, by name; `zone` says where it is.', maxProperties: 32, additionalProperties: false })
/** Labels of a device. */
export type LabelsBody = Static<typeof LabelsBody>

/** A new enrolment token. */
export const TokenBody = Type.Object({
  name: name('What it is for.'),
  expiresAt: Type.Optional(Type.Integer({ description: 'When it ends, in milliseconds since 1970; never where absent.', minimum: 0 }))
})
/** A new enrolment token. */
export type TokenBody = Static<typeof TokenBody>

/** A deployment that is wanted. */
export const DeploymentBody = Type.Object({
  name: name('For people, and to refer to it by.'),
  sequence: Type.Array(Type.Object({
    device: Type.Optional(Type.Union([id('The device it is to be on.'), Type.Null()], { description: 'Null or absent to have one chosen.' })),
    module: Type.String({ description: 'Id or name of the module.', minLength: 1, maxLength: 256 }),
    func: Type.String({ description: 'Name of the function.', minLength: 1, maxLength: 256 }),
    failovers: Type.Optional(Type.Array(id('A device.'), { description: 'Devices that take over, best first.', maxItems: 100 })),
    labels: Type.Optional(Type.Record(Type.String(), Type.String({ maxLength: 256 }), { description: 'Labels that the device must have.', maxProperties: 32 }))
  }), { description: 'Its steps: what one gives the next one takes.', minItems: 1, maxItems: 100 })
})
/** A deployment that is wanted. */
export type DeploymentBody = Static<typeof DeploymentBody>

/** The version to roll back to. */
export const RollbackBody = Type.Object({ version: Type.Integer({ description: 'A version that is there.', minimum: 1 }) })
/** The version to roll back to. */
export type RollbackBody = Static<typeof RollbackBody>

/** Levels of risk that zones take. */
export const ZonesBody = Type.Record(Type.String({ minLength: 1, maxLength: 256 }), Type.Array(Type.String({ minLength: 1, maxLength: 256 }), { maxItems: 1000 }), { description: 'Allowed levels of risk by name of zone; zones that are not named stay as they are.', maxProperties: 1000 })
/** Levels of risk that zones take. */
export type ZonesBody = Static<typeof ZonesBody>

const cardText = (description: string) => Type.String({ description, minLength: 1, maxLength: 256, pattern: '^[^\\u0000-\\u001f\\u007f]*$' })

/** What a module risks, and gives on. */
export const ModuleCardBody = Type.Object({
  moduleid: id('The module.'),
  name: cardText('Name of the card.'),
  'risk-level': cardText('Level of risk of the module itself, such as `high`.'),
  'input-type': cardText('Type of the source of data that it reads; `temp` where it takes what the step before gives.'),
  'output-risk': cardText('Level of risk of what it gives; `none` where that is none of its own.')
})
/** What a module risks, and gives on. */
export type ModuleCardBody = Static<typeof ModuleCardBody>

/** Which zone a device is in. */
export const NodeCardBody = Type.Object({ nodeid: id('The device.'), name: cardText('Name of the card.'), zone: cardText('The zone that it is in.') })
/** Which zone a device is in. */
export type NodeCardBody = Static<typeof NodeCardBody>

/** What data of a type risk on a device. */
export const DataSourceCardBody = Type.Object({ nodeid: id('The device that has the source.'), name: cardText('Name of the card.'), type: cardText('Type of the data, as cards of modules name it.'), 'risk-level': cardText('Level of risk of the data.') })
/** What data of a type risk on a device. */
export type DataSourceCardBody = Static<typeof DataSourceCardBody>
