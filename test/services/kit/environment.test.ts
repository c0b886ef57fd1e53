// The environment of a service.
import { Type } from '@sinclair/typebox'
import t from 'tap'
import { readEnvironment, readServiceSettings } from '../../../services/kit/environment.ts'

t.test('without variables a service listens on loopback, port 80, and takes 50 MiB', async t => {
  t.strictSame(readServiceSettings({}), { host: '127.0.0.1', port: 80, logLevel: 'info', bodyLimit: 50 * 1024 * 1024 })
})

t.test('variables change that', async t => {
  t.strictSame(readServiceSettings({ HOST: '0.0.0.0', PORT: '0', LOG_LEVEL: 'silent', MAX_BODY: '1.5kb', OTHER: 'x' }), { host: '0.0.0.0', port: 0, logLevel: 'silent', bodyLimit: 1536 })
})

t.test('wrong values are refused with the name of the variable', async t => {
  for (const [name, value] of [['PORT', '65536'], ['PORT', 'http'], ['LOG_LEVEL', 'loud'], ['MAX_BODY', 'plenty'], ['MAX_BODY', '0'], ['HOST', '']] as const) {
    t.throws(() => readServiceSettings({ [name]: value }), { message: new RegExp(name) }, `${name}=${value}`)
  }
})

t.test('a service reads variables of its own by a schema', async t => {
  const schema = Type.Object({ CONF_THRESHOLD: Type.Number({ minimum: 0, maximum: 1, default: 0.4 }) })
  t.strictSame(readEnvironment(schema, {}), { CONF_THRESHOLD: 0.4 })
  t.strictSame(readEnvironment(schema, { CONF_THRESHOLD: '0.75', PATH: '/bin' }), { CONF_THRESHOLD: 0.75 })
  t.throws(() => readEnvironment(schema, { CONF_THRESHOLD: '2' }), /CONF_THRESHOLD/)
})
