// The frames that npm start shows.
import { readFileSync, readdirSync, statSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { readConfiguration } from '../../lib/configuration.ts'
import { openSessionFile } from '../../lib/diffraction/sessions/session-file.ts'
import { demoSession, prepareDemo } from '../../scripts/diffraction-demo/demo.ts'

t.test('where nothing is said of frames there are some, with a session, made once', async t => {
  const folder = t.testdir({})
  const environment = { MODULES: 'graphics, diffraction' }
  const demo = await prepareDemo(environment, folder)
  await demo?.made
  const { configuration } = readConfiguration({ ...environment, ...demo?.variables })
  const [root = ''] = configuration.DIFFRACTION_ROOT
  t.strictSame(readdirSync(root).toSorted(), ['demo_data_000001.h5', 'demo_master.h5'])
  t.strictSame(readdirSync(path.dirname(root)).toSorted(), ['frames', 'sessions.json'], 'nothing is left over')
  const sessions = await openSessionFile(configuration.DIFFRACTION_SESSIONS ?? '')
  t.match(await sessions.find(demoSession.pid, demoSession.esaf), { esafs: [demoSession.esaf] })
  t.equal(JSON.parse(readFileSync(configuration.DIFFRACTION_SESSIONS ?? '', 'utf8')).demo.pid, 'demo')
  const { mtimeMs } = statSync(path.join(root, 'demo_master.h5'))
  await (await prepareDemo(environment, folder))?.made
  t.equal(statSync(path.join(root, 'demo_master.h5')).mtimeMs, mtimeMs)
})

t.test('an operator who has frames, or wants none, is left alone', async t => {
  const folder = t.testdir({})
  for (const environment of [{}, { MODULES: 'graphics,tracking' }, { MODULES: 'diffraction', DIFFRACTION_ROOT: '/data' }, { MODULES: 'diffraction', DIFFRACTION_REDIS_URL: 'redis://host' }]) t.equal(await prepareDemo(environment, folder), undefined)
  t.strictSame(readdirSync(folder), [])
})
