// The two images, as Docker builds and runs them.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import type { Test } from 'tap'
import { catalogue } from '../../services/catalogue.ts'
import { docker } from './command.ts'
import { until } from './deployment.ts'

/** What the images may add to their base image, in megabytes; docs/deploy.md states them. */
const largest = { tutti: 40, 'tutti-services': 170 }

/** As strict as the compose files, and without a network. */
const strictly = '--network none --read-only --cap-drop ALL --security-opt no-new-privileges'

/** Starts a container that goes with the test; gives its id. */
async function start (t: Test, args: string): Promise<string> {
  const id = await docker(`run --detach ${args}`)
  t.teardown(() => docker(`rm --force --volumes ${id}`))
  return id
}

const state = (id: string, what: string) => docker(`inspect --format {{.State.${what}}} ${id}`)

const untilHealth = (id: string, wanted: string) => until(`${id} is ${wanted}`, async () => await state(id, 'Health.Status') === wanted || undefined, 60000)

for (const [image, limit] of Object.entries(largest)) {
  t.test(`${image} is no larger than the guide says`, async t => {
    const size = async (name: string) => Number(await docker(`image inspect --format {{.Size}} ${name}`)) / 1e6
    const added = await size(image) - await size(process.env.TUTTI_BASE_IMAGE ?? '')
    t.ok(added > 0 && added < limit, `it adds ${added.toFixed(0)} MB to its base image`)
  })

  t.test(`${image} says what it is and runs as nobody special`, async t => {
    const { User, Labels, Cmd, Healthcheck } = JSON.parse(await docker(['image', 'inspect', '--format', '{{json .Config}}', image])) as {
      User: string, Labels: Record<string, string>, Cmd: string[], Healthcheck: { Test: string[] }
    }
    t.equal(User, '1000:1000')
    t.equal(Cmd[0], 'node', 'the program itself is the first process, no shell')
    t.equal(Healthcheck.Test[0], 'CMD', 'the health check needs no shell either')
    for (const label of ['title', 'description', 'licenses', 'version', 'revision']) t.ok(Labels[`org.opencontainers.image.${label}`], label)
    t.equal(await docker(`run --rm --network none --entrypoint id ${image} -u`), '1000')
  })

  t.test(`${image} holds no tests, tools of developers or files that its user could change`, async t => {
    const list = await docker(['run', '--rm', '--network', 'none', '--entrypoint', 'sh', image, '-c', 'ls -A . node_modules; find . -writable ! -type l'])
    t.notMatch(list, /^(test|scripts|tap|typescript|eslint|\.env)$/m)
    t.notMatch(list, /^\.\//m, 'nothing can be written')
  })
}

t.test('the orchestrator becomes healthy with a read-only root and no capability, and stops at once when told', async t => {
  const id = await start(t, `${strictly} --env DISCOVERY=static --env LOG_LEVEL=info --env DRAIN_TIME=0 tutti`)
  await untilHealth(id, 'healthy')
  const stopped = docker(`wait ${id}`)
  const told = performance.now()
  await docker(`kill --signal TERM ${id}`)
  t.equal(await stopped, '0', 'it ends well')
  t.ok(performance.now() - told < 2000, 'within two seconds')
  t.match(await docker(`logs ${id}`), /"signal":"SIGTERM"/)
})

t.test('the orchestrator that cannot find its services is unhealthy and says why', async t => {
  const id = await start(t, `${strictly} --health-interval 1s --health-start-period 0s --health-retries 2 tutti`)
  await untilHealth(id, 'unhealthy')
  const said = await docker(['inspect', '--format', '{{range .State.Health.Log}}{{.Output}}{{end}}', id])
  t.match(said, /\/health\/ready answers 503/)
  t.match(said, /"cause":".+","cure":".+"/, 'with cause and cure')
})

t.test('the console is in the image as files to be served, and nothing that it was made of', async t => {
  const list = await docker(['run', '--rm', '--network', 'none', '--entrypoint', 'sh', 'tutti', '-c', 'find console; ls -A node_modules'])
  t.match(list, /^console\/dist\/index\.html$/m)
  t.match(list, /^console\/dist\/assets\/.+\.js\.br$/m)
  t.notMatch(list, /^console\/(?:src|node_modules|package\.json)|\.tsx?$|^(?:vite|preact|rolldown)$/m)
})

t.test('what IMAGE keeps its files in can be written', async t => {
  for (const place of ['/var/log/IMAGE', '/var/lib/tutti']) {
    const volume = await docker('volume create')
    t.teardown(() => docker(`volume rm ${volume}`))
    t.equal(await docker(['run', '--rm', ...strictly.split(' '), '--volume', `${volume}:${place}`, '--entrypoint', 'sh', 'tutti', '-c', `echo kept > ${place}/file && cat ${place}/file`]), 'kept', place)
  }
})

t.test('health checks written for the IMAGE orchestrator, which use curl, work', async t => {
  const server = createServer((request, response) => response.writeHead(request.url === '/health' ? 200 : 503).end('as it is'))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo
  const curl = (...args: string[]) => docker(['run', '--rm', '--network', 'host', '--read-only', '--entrypoint', 'curl', 'tutti', ...args])
  t.equal(await curl('-f', `http://localhost:${port}/health`), 'as it is')
  t.equal(await curl('-fsS', '-o', '/dev/null', `http://localhost:${port}/health`), '')
  t.equal(await curl(`http://localhost:${port}/other`), 'as it is', 'without -f any answer will do')
  await t.rejects(curl('-f', `http://localhost:${port}/other`), /failed \(22\)[^]*503/)
  await t.rejects(curl('--fail', 'http://localhost:1/health'), /failed \(7\)/)
  await t.rejects(curl('-X', 'POST', `http://localhost:${port}/health`), /failed \(2\)[^]*stand-in/, 'and it does not pretend to be more')
})

t.test('the image of the services asks which', async t => {
  await t.rejects(docker(`run --rm ${strictly} tutti-services`), /failed \(2\)[^]*Say which service/)
})

t.test('every built-in service becomes healthy with a read-only root and no capability', async t => {
  const ids = await Promise.all(catalogue.map(({ name }) => start(t, `${strictly} --health-interval 1s tutti-services node services/${name}/index.ts`)))
  for (const [index, id] of ids.entries()) {
    await untilHealth(id, 'healthy')
    t.equal(await state(id, 'Running'), 'true', `${catalogue[index]?.name} runs`)
  }
  const stopped = docker(`wait ${ids.join(' ')}`)
  await docker(`kill --signal TERM ${ids.join(' ')}`)
  t.same((await stopped).split('\n'), ids.map(() => '0'), 'and stops well')
})
