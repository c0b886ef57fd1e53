// compose/devices.yaml on a real engine: a device outside of it runs a module, and all is there again after its container was replaced.
import t from 'tap'
import { functionsOf, gradient, translate } from '../../scripts/devices-demo/modules.ts'
import { startDevice } from '../agent/device.ts'
import { prepareDeployment, until, untilHealthy } from './deployment.ts'

const origin = 'http://127.0.0.1:8080'
const operator = { authorization: 'Bearer an-operator-of-devices' }

/** Asks the server, and gives what it answers. @throws Error where it refuses */
async function ask (method: string, path: string, body?: unknown): Promise<unknown> {
  const response = await fetch(origin + path, {
    method,
    headers: { ...operator, ...body === undefined || body instanceof FormData ? {} : { 'content-type': 'application/json' } },
    ...body === undefined ? {} : { body: body instanceof FormData ? body : JSON.stringify(body) }
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text.slice(0, 500)}`)
  return text === '' ? undefined : JSON.parse(text)
}

t.test('devices alone', async t => {
  const { compose } = await prepareDeployment({
    COMPOSE_FILE: 'devices.yaml', OPERATOR_TOKEN: 'an-operator-of-devices', PUBLIC_HOST: 'http://127.0.0.1', HEALTH_CHECK_INTERVAL: '1'
  })
  t.teardown(() => compose('down --volumes --timeout 5'))
  await compose('up --detach --no-build')
  const [first] = await untilHealthy('com.docker.compose.service=orchestrator', 1)
  t.equal((await fetch(`${origin}/file/device`)).status, 401, 'nobody comes in without a token')

  // It registers by itself, from the address at which containers find this machine.
  const { token } = await ask('POST', '/api/v1/device-tokens', { name: 'hall' }) as { token: string }
  await startDevice(t, { WASMIOT_SUPERVISOR_NAME: 'hall', WASMIOT_SUPERVISOR_IP: '0.0.0.0', WASMIOT_ORCHESTRATOR_URL: origin, AGENT_TOKEN: token })
  const online = async () => await until('the device is online', async () => {
    const { items } = await ask('GET', '/api/v1/devices?name=hall') as { items: Array<{ id: string, state: string }> }
    return items[0]?.state === 'online' ? items[0].id : undefined
  }, 30000)
  const id = await online()

  const form = new FormData()
  form.append('name', 'picture')
  form.append('module', new Blob([await translate('picture')], { type: 'application/wasm' }), 'picture.wasm')
  const module = await ask('POST', '/file/module', form) as { id: string }
  const description = new FormData()
  description.append('functions', JSON.stringify(functionsOf.picture))
  await ask('POST', `/file/module/${module.id}/upload`, description)
  const deployment = await ask('POST', '/file/manifest', { name: 'how-bright', sequence: [{ device: id, module: module.id, func: 'brightness' }] }) as string
  t.match(await ask('POST', `/file/manifest/${deployment}`), { deviceResponses: { [id]: { status: 200 } } })

  const execute = async () => {
    const picture = new FormData()
    picture.append('negative', new Blob([gradient(64, 48)], { type: 'application/octet-stream' }), 'negative.pgm')
    return (await ask('POST', `/execute/${deployment}`, picture) as { result: unknown[] }).result[0]
  }
  const brightness = await execute()
  t.match(brightness, /^\d+$/)

  await compose('up --detach --no-build --force-recreate')
  const [second] = await untilHealthy('com.docker.compose.service=orchestrator', 1)
  t.not(second, first, 'it is another container')
  t.equal(await online(), id, 'it knows the device')
  t.equal(await execute(), brightness, 'and runs what was deployed')
})
