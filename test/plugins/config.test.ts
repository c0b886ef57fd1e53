// The configuration as plugins and routes see it.
import t from 'tap'
import Fastify from 'fastify'
import { readConfiguration } from '../../lib/configuration.ts'
import config from '../../plugins/config.ts'

t.test('the configuration is there and cannot be changed, nor through what it was made from', async t => {
  const app = Fastify()
  t.teardown(() => app.close())
  const { configuration } = readConfiguration({ PORT: '1234' })
  await app.register(config, { configuration })
  configuration.PORT = 1
  t.equal(app.config.PORT, 1234)
  t.ok(Object.isFrozen(app.config))
})
