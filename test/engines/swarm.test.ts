// The stack on a Swarm of one node: a photo through nginx to one of two orchestrators, a rolling update and a kill under load.
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { catalogue } from '../../services/catalogue.ts'
import { docker } from './command.ts'
import { photo, prepareDeployment, render, startLoad, until, untilHealthy } from './deployment.ts'

const entry = 'http://127.0.0.1:8080'

/** Requests in flight at a time while there is load. */
const clients = 4

/** Containers of the stack: two orchestrators, nginx, the socket proxy, memcached, three of "who", and the built-in services. */
const size = catalogue.length + 8

/** What is killed under load: all but nginx, the one door of a Swarm of one node. */
const victims = ['who', 'orchestrator', 'socket-proxy', 'memcached', 'describe']

/** Switches live restore on or off; a Swarm cannot be had with it. */
async function setLiveRestore (on: boolean): Promise<void> {
  writeFileSync(path.join(process.env.TUTTI_ENGINES ?? '', 'daemon.json'), JSON.stringify({ 'live-restore': on }))
  process.kill(Number(readFileSync('/run/docker.pid', 'utf8')), 'SIGHUP')
  await until(`live restore is ${on}`, async () => await docker('info --format {{.LiveRestoreEnabled}}') === String(on) || undefined, 20000)
}

t.test('a stack with two orchestrators', async t => {
  await setLiveRestore(false)
  t.teardown(() => setLiveRestore(true))
  await docker('swarm init --advertise-addr 127.0.0.1')
  t.teardown(() => docker('swarm leave --force'))
  const { folder, environment } = await prepareDeployment({})
  await docker('stack deploy --compose-file stack.yaml --compose-file who-stack.yaml tutti', { folder, environment })
  await untilHealthy('com.docker.stack.namespace=tutti', size, 240000)

  await t.test('a photo comes back as text, speech and a tactile picture', async t => {
    const answer = await until('all services have their part in the answer', async () => {
      const answer = await render(entry, photo())
      return answer.status === 200 && answer.renderers.length === 3 ? answer : undefined
    }, 60000)
    t.match(answer.texts[0], /^A cup /)
    t.notMatch(answer.said, /failed|late/)
  })

  const load = startLoad(t, entry, clients)
  await load.more(100)
  t.same(load.failures, [])

  await t.test('a rolling update of the orchestrators loses no request', async t => {
    const before = new Set(await containersOf('orchestrator'))
    await docker('service update --force --detach --update-delay 0s --update-monitor 2s tutti_orchestrator')
    await until('two new orchestrators', async () => {
      const now = await containersOf('orchestrator')
      return (now.length === 2 && now.every(id => !before.has(id))) || undefined
    }, 120000)
    await load.more(100)
    t.same(load.failures, [])
  })

  await t.test('an orchestrator that is told to stop, and a replica that is killed, cost no request', async t => {
    const [victim = ''] = await containersOf('orchestrator')
    await docker(`kill --signal TERM ${victim}`)
    const [replica = ''] = await containersOf('who')
    await docker(`kill ${replica}`)
    await load.more(200)
    t.same(load.failures, [])
  })

  await t.test('a minute in which one container after another is killed costs at most the requests inside the orchestrator that is', async t => {
    const end = performance.now() + 60000
    for (let turn = 0; turn < victims.length || performance.now() < end; turn++) {
      const name = victims[turn % victims.length] ?? ''
      const before = load.failures.length
      const [victim = ''] = await containersOf(name)
      await docker(`kill ${victim}`)
      await load.more(100)
      await untilHealthy('com.docker.stack.namespace=tutti', size)
      const lost = load.failures.slice(before)
      t.ok(lost.length <= (name === 'orchestrator' ? clients : 0), `${name} is killed: ${lost.length} lost ${lost.join('; ')}`)
    }
  })

  await load.stop()
  t.comment(`${load.answered} requests answered`)
})

/** Short ids of the containers of a service of the stack. */
async function containersOf (service: string): Promise<string[]> {
  return (await docker(`ps --quiet --filter label=com.docker.swarm.service.name=tutti_${service}`)).split('\n').filter(id => id !== '')
}
