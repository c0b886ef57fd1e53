// The schemas of messages: what they say of themselves, and what must pass.
import { Ajv } from 'ajv'
import t from 'tap'
import { compileCheck } from '../../../lib/json/checks.ts'
import * as messages from '../../../schemas/tracking/messages.ts'
import { fromClient, fromProcessor } from '../../fixtures/tracking/messages.ts'

const groups = [
  messages.clientSends, messages.clientSendsBesides, messages.processorSends, messages.clientReceives, messages.processorReceives, messages.peerReceivesBesides, messages.clientReceivesBesides
]
const all = groups.flatMap(group => Object.entries<messages.Messages[string]>(group))

t.test('every message and every member says what it is', async t => {
  for (const [name, schema] of all) {
    t.ok(schema.description, name)
    t.notOk('$id' in schema, `${name} can stand in any document`)
    t.equal(Object.keys(schema.properties)[0], 'type', `${name} begins with its type`)
    for (const [member, property] of Object.entries(schema.properties)) {
      if (member !== 'type') t.ok((property as { description?: string }).description, `${name}.${member}`)
    }
  }
})

t.test('a name stands for one message', async t => {
  const byName = new Map<string, unknown>()
  for (const [name, schema] of all) {
    t.equal(byName.get(name) ?? schema, schema, name)
    byName.set(name, schema)
  }
})

t.test('every message is a schema for Ajv in its strict mode, and for the checks over bytes', async t => {
  const ajv = new Ajv({ strict: true, allowUnionTypes: true })
  for (const [name, schema] of all) {
    t.doesNotThrow(() => ajv.compile(schema), name)
    t.doesNotThrow(() => compileCheck(schema), name)
  }
})

t.test('what real clients and processors write is valid', async t => {
  const ajv = new Ajv()
  const sends = { ...messages.clientSends, ...messages.clientSendsBesides, ...messages.processorSends }
  for (const text of [...Object.values(fromClient), ...Object.values(fromProcessor)]) {
    const value = JSON.parse(text) as { type: string }
    const schema = Object.values(sends).find(each => each.properties.type.const === value.type)
    t.ok(schema !== undefined && ajv.validate(schema, value), `${text} ${ajv.errorsText()}`)
  }
})
