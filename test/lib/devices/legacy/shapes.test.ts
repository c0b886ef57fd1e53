// The shapes of the reference: members and values as they were recorded, whatever is known inside.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import type { Deployment, NodeDocument } from '../../../../lib/devices/deployment.ts'
import type { Device } from '../../../../lib/devices/device.ts'
import { deviceResponses, legacyCertificate, legacyDeployment } from '../../../../lib/devices/legacy/deployment.ts'
import { legacyDevice } from '../../../../lib/devices/legacy/device.ts'
import { readAfter } from '../../../../lib/devices/legacy/time.ts'

interface Recorded {
  _id: string
  name: string
  active: boolean
  failoversBySequence: string[][]
  goalDeployment: string[]
  validationError: string
  fullManifest: Record<string, NodeDocument>
  sequence: Array<{ device: string, module: string, func: string }>
}

const folder = path.join(import.meta.dirname, '../placement/recorded')
const recorded: Recorded[] = ['chain-manifest.json', 'file-manifest.json'].flatMap(file => JSON.parse(readFileSync(path.join(folder, file), 'utf8')))

/** The deployment that was recorded, as it is kept here. */
function kept ({ _id, name, active, failoversBySequence, goalDeployment, validationError, fullManifest, sequence }: Recorded): Deployment {
  const rollout = { state: 'ready', digest: '', session: 1, attempts: 1, retryAt: undefined } as const
  return {
    id: _id,
    name,
    steps: sequence.map(({ module, func }, index) => {
      const [device = null, ...failovers] = failoversBySequence[index] ?? []
      return { device, module, func, failovers, labels: {} }
    }),
    isWanted: active,
    isLeaving: false,
    generation: 1,
    placedGeneration: 1,
    sequence: sequence.map(step => ({ ...step, version: 1 })),
    goal: goalDeployment,
    nodes: fullManifest,
    rollouts: Object.fromEntries(Object.keys(fullManifest).map((device, index) => [device, { ...rollout, answer: index === 0 ? { status: 200, data: { status: 'success' }, time: 1 } : undefined }])),
    isInFailover: false,
    conditions: [],
    validationError,
    createdAt: 1,
    updatedAt: 1
  }
}

t.test('deployments are given as they were recorded', async t => {
  t.ok(recorded.length >= 2)
  for (const each of recorded) t.same(legacyDeployment(kept(each)), each, each.name)
})

t.test('a deployment says that it is in failover, and nothing of what is well', async t => {
  const [shape] = recorded.map(each => legacyDeployment({ ...kept(each), isInFailover: true, validationError: undefined }))
  if (shape === undefined) throw new Error('nothing was recorded')
  t.equal(shape.isInFailover, true)
  t.notOk(Object.hasOwn(shape, 'validationError'))
})

t.test('devices that have not answered are among the answers', async t => {
  const chain = recorded.find(({ fullManifest }) => Object.keys(fullManifest).length > 1)
  if (chain === undefined) throw new Error('no chain was recorded')
  const [answered = '', silent = ''] = Object.keys(chain.fullManifest)
  t.match(deviceResponses(kept(chain)), { [answered]: { status: 200, data: { status: 'success' } }, [silent]: { status: 504, data: { error: String } } })
  const deployment = kept(chain)
  const rollout = deployment.rollouts[answered]
  if (rollout === undefined) throw new Error('there is no rollout')
  t.match(deviceResponses({ ...deployment, rollouts: { [answered]: { ...rollout, answer: { status: undefined, data: 'it refuses connections', time: 1 } } } }), { [answered]: { status: 502, data: { error: 'it refuses connections' } } })
})

t.test('devices', async t => {
  const device: Device = {
    id: '6b0267f9372697a1221ec0da',
    name: 'pi',
    origin: 'mdns',
    addresses: ['10.0.0.7'],
    port: 5000,
    tls: false,
    description: undefined,
    state: 'suspect',
    reason: undefined,
    since: 1,
    lastSeen: undefined,
    okChecks: 0,
    failedChecks: 1,
    health: undefined,
    blacklisted: undefined,
    statusLog: [],
    labels: {},
    deployments: undefined,
    sessions: 0,
    createdAt: 1
  }

  t.test('that have never answered are not active, and one that missed a probe is', async t => {
    t.match(legacyDevice(device), { status: 'inactive', health: { report: null, timeOfQuery: null }, description: { supervisorInterfaces: [] } })
    t.equal(legacyDevice({ ...device, lastSeen: 1 }).status, 'active')
    t.equal(legacyDevice({ ...device, lastSeen: 1, state: 'offline' }).status, 'inactive')
    t.equal(legacyDevice({ ...device, state: 'online', blacklisted: { reason: 'x', since: 1 } }).status, 'inactive')
  })
  t.test('tell what became of them in the words of the reference', async t => {
    const { statusLog } = legacyDevice({ ...device, statusLog: [{ status: 'blacklisted', time: 4, reason: 'x' }, { status: 'offline', time: 3, reason: 'gone' }, { status: 'suspect', time: 2, reason: undefined }, { status: 'online', time: 1, reason: undefined }] })
    t.strictSame(statusLog, [
      { status: 'inactive', time: '1970-01-01T00:00:00.004Z', reason: 'blacklisted' },
      { status: 'inactive', time: '1970-01-01T00:00:00.003Z', reason: 'gone' },
      { status: 'active', time: '1970-01-01T00:00:00.001Z' }
    ])
  })
})

t.test('certificates and times', async t => {
  t.match(legacyCertificate({ id: 'a', date: 0, deploymentId: 'b', valid: false, validationLogs: [] }), { _id: 'a', date: '1970-01-01T00:00:00.000Z', deploymentId: 'b', valid: false })
  t.equal(readAfter(undefined), undefined)
  t.equal(readAfter('1000'), 1000)
  t.equal(readAfter('1970-01-01T00:00:01Z'), 1000)
  t.throws(() => readAfter('soon'), { code: 'REQUEST' })
})
