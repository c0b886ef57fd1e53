// What the server promises about services holds wherever it finds them: the same tests again, with services that are containers
// of a Docker engine instead of entries in a file.
process.env.TEST_DISCOVERY = 'docker'

for (const name of ['answer', 'calls', 'cycle', 'graph', 'modifiers', 'preprocess', 'renderings', 'serial']) {
  await import(`./${name}.test.ts`)
}

const { default: t } = await import('tap')
const { build } = await import('../helper.ts')

t.test('and these were containers', async t => {
  const server = await build(t, { services: {} })
  t.match((await server.send('/health/ready')).json, { discovery: { provider: 'docker' } })
})
