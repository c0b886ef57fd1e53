// Discovery as the server has it: the services of the file, and a log that says what was found and what is wrong.
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import t from 'tap'
import discovery from '../../plugins/discovery.ts'
import { buildBare } from '../lib/fixtures/app.ts'

t.test('services are there, and found and odd ones are logged, now and after each change', async t => {
  const file = path.join(t.testdir({ 'services.yaml': 'services: { one: { labels: { handler: enable, port: 0 } } }' }), 'services.yaml')
  const { app, lines } = await buildBare(t, { SERVICES_FILE: file })
  await app.register(discovery)
  t.strictSame([...app.discovery.current().services.keys()], ['one'])
  t.match(lines, [{ level: 30, msg: 'services found', revision: 1, services: ['one'] }, { level: 40, service: 'one', cause: 'port', cure: 'Write' }])

  const changed = new Promise(resolve => app.discovery.onChange(resolve))
  await writeFile(`${file}`, 'services: { two: { labels: { handler: enable } } }')
  await changed
  t.match(lines.filter(line => line.msg === 'services found').at(-1), { services: ['two'] })
})

t.test('without a file the log says what to do', async t => {
  const { app, lines } = await buildBare(t)
  await app.register(discovery)
  t.equal(app.discovery.current().services.size, 0)
  t.match(lines, [{ level: 40, msg: /SERVICES_FILE/ }, { msg: 'services found', services: [] }])
})

t.test('a file that cannot be used refuses the start', async t => {
  const { app } = await buildBare(t, { SERVICES_FILE: path.join(t.testdir({}), 'none.yaml') })
  await t.rejects(async () => await app.register(discovery), { code: 'TUTTI_SERVICES_FILE' })
})
