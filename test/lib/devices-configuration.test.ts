// What must hold among the variables of devices.
import t from 'tap'
import { readConfiguration } from '../../lib/configuration.ts'

t.test('what is given is understood', async t => {
  const { configuration, warnings } = readConfiguration({ MODULES: 'devices', DEVICES_ADDRESSES: '10.0.0.0/8, fd00::/8', HEALTH_CHECK_INTERVAL: '0.5', DEVICES_MAX_MODULE: '1mb', PUBLIC_HOST: 'http://192.168.1.10' })
  t.strictSame(warnings, [])
  t.match(configuration, { DEVICES_ADDRESSES: ['10.0.0.0/8', 'fd00::/8'], HEALTH_CHECK_INTERVAL: 0.5, HEALTH_CHECK_THRESHOLD: 5, DEVICES_MAX_MODULE: 1024 ** 2, DEVICES_RISK: 'warn' })
})

t.test('what does not go together stops the start', async t => {
  t.throws(() => readConfiguration({ MODULES: 'devices', WORKERS: '2' }), { message: /^WORKERS/ })
  t.ok(readConfiguration({ MODULES: 'devices', WORKERS: '2', DATABASE_URL: 'postgres://db/tutti' }))
  for (const [name, value] of [['DEVICES_ADDRESSES', '10.0.0.0/99'], ['DATABASE_URL', 'mysql://db'], ['PUBLIC_HOST', '192.168.1.10'], ['HEALTH_CHECK_INTERVAL', '0'], ['DEVICES_RISK', 'maybe']] as const) {
    t.throws(() => readConfiguration({ MODULES: 'devices', [name]: value }), { message: new RegExp(`^${name}`) }, name)
  }
})

t.test('an open door is warned of, beyond this machine', async t => {
  t.match(readConfiguration({ MODULES: 'devices', DEVICES_OPEN: 'true', HOST: '0.0.0.0' }).warnings, [/^ANYBODY MAY DEPLOY/])
  t.strictSame(readConfiguration({ MODULES: 'devices', DEVICES_OPEN: 'true' }).warnings, [])
  t.strictSame(readConfiguration({ MODULES: 'graphics', DEVICES_OPEN: 'true', HOST: '0.0.0.0' }).warnings, [])
})
