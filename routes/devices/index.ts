// Everything of the module `devices`: what looks after devices, and the paths by which people, programs and devices come to it.
import fp from 'fastify-plugin'
import door from '../../plugins/devices-door.ts'
import devices from '../../plugins/devices.ts'
import { prepareLegacy } from './legacy/common.ts'
import legacyCards from './legacy/cards.ts'
import legacyCore from './legacy/core.ts'
import legacyDeployments from './legacy/deployments.ts'
import legacyDevices from './legacy/devices.ts'
import legacyExecute from './legacy/execute.ts'
import legacyLogs from './legacy/logs.ts'
import legacyModules from './legacy/modules.ts'
import cards from './v1/cards.ts'
import { prepareV1 } from './v1/common.ts'
import deployments from './v1/deployments.ts'
import devicesV1 from './v1/devices.ts'
import events from './v1/events.ts'
import executions from './v1/executions.ts'
import logs from './v1/logs.ts'
import modules from './v1/modules.ts'
import logSocket from './log-socket.ts'

/** Paths that become WebSockets. */
export const sockets = [logSocket]

export default fp(async app => {
  await app.register(devices)
  await app.register(door)
  // Scopes of their own: the paths of the reference refuse in its words.
  await app.register(async scope => {
    await prepareLegacy(scope)
    for (const routes of [legacyDevices, legacyModules, legacyDeployments, legacyExecute, legacyCore, legacyLogs, legacyCards]) await scope.register(routes)
  })
  await app.register(async scope => {
    await prepareV1(scope)
    for (const routes of [devicesV1, modules, deployments, executions, events, logs, cards]) await scope.register(routes)
  })
}, { name: 'devices-routes' })
