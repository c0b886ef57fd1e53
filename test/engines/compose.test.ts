// The compose files on a real engine: a photo through nginx, containers that die and multiply under load, an engine that restarts.
import { readFileSync } from 'node:fs'
import t from 'tap'
import { catalogue } from '../../services/catalogue.ts'
import { docker } from './command.ts'
import { photo, prepareDeployment, render, startLoad, until, untilHealthy, whoAnswers } from './deployment.ts'
import type { Deployment } from './deployment.ts'

const entry = 'http://127.0.0.1:8081'
const direct = 'http://127.0.0.1:8080'

/** Waits until the orchestrator knows services that a test has started. */
async function untilKnown ({ environment }: Deployment, wanted: Record<string, number>): Promise<void> {
  await until(`the orchestrator knows ${JSON.stringify(wanted)}`, async () => {
    const response = await fetch(`${direct}/topology`, { headers: { authorization: `Bearer ${environment.OPERATOR_TOKEN}` } })
    const { services } = await response.json() as { services: Array<{ name: string, replicas: unknown[] }> }
    return Object.entries(wanted).every(([name, count]) => services.some(each => each.name === name && each.replicas.length === count)) || undefined
  })
}

/** Short id, which is also the host name, of each container of a service. */
async function containersOf (service: string): Promise<string[]> {
  return (await docker(`ps --quiet --filter label=com.docker.compose.service=${service}`)).split('\n').filter(id => id !== '')
}

t.test('all built-in services, nginx in front', async t => {
  const deployment = await prepareDeployment({ COMPOSE_FILE: 'compose.yaml:nginx.yaml:who.yaml', COMPOSE_PROFILES: 'default' })
  t.teardown(() => deployment.compose('down --volumes --timeout 5'))
  await deployment.compose('up --detach --no-build --quiet-pull')
  await untilHealthy('com.docker.compose.project=tutti', catalogue.length + 4, 180000)
  await untilKnown(deployment, { who: 1, ...Object.fromEntries(catalogue.map(({ name }) => [name, 1])) })

  await t.test('a photo that goes through nginx comes back as text, speech and a tactile picture', async t => {
    const { status, texts, renderers, said } = await render(entry, photo())
    t.equal(status, 200, said)
    t.match(texts[0], /^A cup /)
    t.same(renderers.map(name => name.split('.').at(-1)).sort(), ['SimpleAudio', 'TactileSVG', 'Text'])
    t.notMatch(said, /failed|late/)
  })

  await t.test('what is for operators is not for those who come through nginx', async t => {
    for (const path of ['/topology', '/metrics', '/health/ready']) t.equal((await fetch(`${entry}${path}`)).status, 404, path)
    t.equal((await fetch(`${entry}/health`)).status, 200)
  })

  await t.test('under steady load', async t => {
    await deployment.compose('up --detach --no-build --scale who=3')
    await untilKnown(deployment, { who: 3 })
    const load = startLoad(t, entry)
    await load.more(200)
    t.equal(load.firstSeen.size, 3, 'all replicas work')

    await t.test('a container that is killed costs no request', async t => {
      const [victim = ''] = await containersOf('who')
      await docker(`kill ${victim}`)
      await load.more(300)
      t.same(load.failures, [])
    })

    await t.test('a container that is stopped costs no request', async t => {
      const [, victim = ''] = await containersOf('who')
      await docker(`stop ${victim}`)
      await load.more(200)
      t.same(load.failures, [])
    })

    await t.test('new replicas are used within two seconds after they have become healthy', async t => {
      const before = new Set(load.firstSeen.keys())
      await deployment.compose('up --detach --no-build --scale who=5')
      const ids = (await untilHealthy('com.docker.compose.service=who', 5)).map(id => id.slice(0, 12))
      const healthyAt = performance.now()
      const fresh = ids.filter(id => !before.has(id))
      t.ok(fresh.length >= 2, `${fresh.length} are new`)
      for (const id of fresh) {
        const seen = await until(`${id} answers`, async () => load.firstSeen.get(id), 20000)
        t.ok(seen - healthyAt < 2000, `${id} answers ${Math.round(seen - healthyAt)} ms after the last of them is healthy`)
      }
      t.same(load.failures, [])
    })

    await t.test('an engine that restarts costs no request, and is followed again afterwards', async t => {
      const before = readFileSync('/run/docker.pid', 'utf8')
      process.kill(Number(before), 'SIGTERM')
      await until('another engine answers', async () => readFileSync('/run/docker.pid', 'utf8') !== before && await docker('version') !== '' ? true : undefined, 60000)
      await load.more(200)
      t.same(load.failures, [])
      await deployment.compose('up --detach --no-build --scale who=6')
      await untilKnown(deployment, { who: 6 })
      await load.more(100)
      t.same(load.failures, [])
    })

    await t.test('replicas that are taken away, several at a time, cost no request', async t => {
      load.failures.length = 0
      await deployment.compose('up --detach --no-build --scale who=2')
      await untilKnown(deployment, { who: 2 })
      await load.more(100)
      t.same(load.failures, [])
    })

    await load.stop()
    t.comment(`${load.answered} requests answered`)
  })
})

t.test('behind the socket proxy', async t => {
  const deployment = await prepareDeployment({ COMPOSE_FILE: 'compose.yaml:socket-proxy.yaml:who.yaml', COMPOSE_PROFILES: 'test' })
  t.teardown(() => deployment.compose('down --volumes --timeout 5'))
  await deployment.compose('up --detach --no-build --scale who=2')
  await untilKnown(deployment, { who: 2 })

  await t.test('services are found and followed', async t => {
    t.equal((await render(direct, whoAnswers)).status, 200)
    await deployment.compose('up --detach --no-build --scale who=1')
    await untilKnown(deployment, { who: 1 })
    t.match(await docker(['inspect', '--format', '{{json .HostConfig.Binds}}', ...await containersOf('orchestrator')]), /"\/dev\/null:\/var\/run\/docker.sock/, 'without the socket')
  })

  await t.test('nothing but what finding services takes is let through', async t => {
    const [orchestrator = ''] = await containersOf('orchestrator')
    const [victim = ''] = await containersOf('who')
    const ask = `const ask = async (method, path) => (await fetch('http://socket-proxy:2375' + path, { method })).status
      console.log(JSON.stringify([
        await ask('GET', '/v1.41/containers/json'), await ask('GET', '/containers/${victim}/json'), await ask('POST', '/containers/${victim}/kill'),
        await ask('DELETE', '/containers/${victim}?force=1'), await ask('GET', '/images/json'), await ask('POST', '/v1.41/containers/create'),
        await ask('GET', '/v1.41/containers/../secrets'), await ask('HEAD', '/info')
      ]))`
    t.same(JSON.parse(await docker(['exec', orchestrator, 'node', '--input-type=module', '--eval', ask])), [200, 403, 403, 403, 403, 403, 403, 403])
    t.equal(await docker(`inspect --format {{.State.Running}} ${victim}`), 'true')
  })
})
