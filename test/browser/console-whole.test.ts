// The whole of Tutti as `npm start` runs it, with its eight services, three agents in processes of their own and a simulated processor of cameras: what somebody does with it in one sitting, by keyboard.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import t from 'tap'
import { startAgent } from '../../scripts/devices-demo/processes.ts'
import { translate } from '../../scripts/devices-demo/modules.ts'
import { demoSession } from '../../scripts/diffraction-demo/demo.ts'
import { catalogue } from '../../services/catalogue.ts'
import { closedPort } from '../lib/cache/broken-server.ts'
import { connectPeer } from '../tracking-peers.ts'
import { browseConsole, findBarriers, tabTo } from './console.ts'

t.setTimeout(280_000)

const root = path.join(import.meta.dirname, '../..')

t.test('one sitting', async t => {
  const folder = mkdtempSync(path.join(tmpdir(), 'tutti-whole-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  // Devices are told the port before it is opened.
  const port = await closedPort()
  const start = spawn(process.execPath, [path.join(root, 'scripts/start.ts')], {
    env: { PATH: process.env.PATH, HOST: '127.0.0.1', PORT: String(port), PUBLIC_HOST: 'http://127.0.0.1', DATA_DIR: folder, MAX_EVENT_LOOP_DELAY: '0', HEALTH_CHECK_INTERVAL: '1', HEALTH_CHECK_THRESHOLD: '3' },
    stdio: ['ignore', 'pipe', 'inherit']
  })
  const ended = once(start, 'exit')
  t.teardown(async () => {
    start.kill('SIGTERM')
    await ended
  })
  const origin = await new Promise<string>((resolve, reject) => {
    createInterface(start.stdout).on('line', line => {
      const [, found] = /ready at (http\S+)/.exec(line) ?? []
      if (found !== undefined) resolve(found)
    })
    ended.then(() => reject(new Error('it ended before it was ready')), reject)
  })
  const agents = new Map(await Promise.all(['hall', 'yard', 'attic'].map(async name => [name, await startAgent(name, path.join(folder, `agent-${name}`), origin)] as const)))
  t.teardown(async () => { await Promise.all([...agents.values()].map(async agent => await agent.end('SIGKILL').catch(() => {}))) })
  const { open } = await browseConsole(t, origin)
  const { page, complaints } = await open('/', { reducedMotion: 'reduce' })
  page.setDefaultTimeout(60_000)
  const main = page.locator('main')
  const follow = async (name: string) => await page.getByRole('link', { name, exact: true }).first().press('Enter')

  await t.test('a photograph is looked at, and its words, its sound and its drawing come', async t => {
    await page.getByLabel('Picture, or file with a chart').setInputFiles(path.join(root, 'test/fixtures/graphics/coffee.jpg'))
    await page.locator('#announcements', { hasText: /Chosen: Picture coffee\.jpg/ }).waitFor()
    await tabTo(page, 'button.main')
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Go to the results' }).press('Enter')
    t.match(await page.locator('p.said').first().innerText(), /\bcup\b/i)
    await page.waitForFunction(() => (document.querySelector('audio')?.duration ?? 0) > 0.5)
    await page.waitForFunction(() => (document.querySelector<HTMLImageElement>('.result img')?.naturalWidth ?? 0) > 0)
    t.strictSame(await findBarriers(page), [])
  })

  await t.test('the graph shows all services well, and the request played on it', async t => {
    await follow('Graph')
    for (const { name } of catalogue) await main.getByText(name, { exact: true }).first().waitFor()
    await follow('Recent requests')
    await main.locator('tbody tr').first().getByRole('link').first().press('Enter')
    await main.getByRole('row').filter({ hasText: 'object-detection' }).first().waitFor()
    t.strictSame(await findBarriers(page), [])
  })

  await t.test('a camera is seen', async t => {
    const camera = await connectPeer(t, port, '/processor')
    camera.send({ type: 'identifier', id: 'gate' })
    await follow('Tracking')
    await page.getByRole('button', { name: 'Show gate' }).press('Enter')
    camera.send({ type: 'boundingBoxes', frameId: 1, boxes: [{ boxId: 1, rect: [0.1, 0.2, 0.4, 0.9], objectType: 'person', certainty: 0.9 }] })
    await main.getByRole('row', { name: /1 person .*90 % not followed/ }).waitFor()
    t.strictSame(await findBarriers(page), [])
  })

  await t.test('a frame of diffraction is opened', async t => {
    await follow('Diffraction')
    await page.getByLabel('Session token (pid)').fill(demoSession.pid)
    await page.getByLabel('ESAF number').fill(String(demoSession.esaf))
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: /_master\.h5/ }).first().press('Enter')
    await page.getByText('Strongest spot', { exact: true }).waitFor()
    t.strictSame(await findBarriers(page), [])
  })

  await t.test('a module is uploaded and described, deployed on one of three agents, run, and run again after that agent has been killed', async t => {
    await follow('Devices')
    for (const name of agents.keys()) await main.getByRole('row', { name: new RegExp(`^${name} Online`) }).waitFor()
    await follow('Modules')
    const file = path.join(folder, 'numbers.wasm')
    writeFileSync(file, await translate('numbers'))
    await page.getByLabel('WebAssembly file').setInputFiles(file)
    await page.getByRole('button', { name: 'Upload', exact: true }).press('Enter')
    await follow('Describe its functions')
    await page.getByLabel('Deployments may call square').press('Space')
    await page.getByRole('group', { name: /^square/ }).getByLabel('Name of parameter 1').fill('number')
    await page.getByRole('button', { name: 'Save the description' }).press('Enter')
    await page.getByText('GET, number: integer, gives integer').waitFor()

    await follow('Deployments')
    await follow('New deployment')
    await page.getByLabel('Name', { exact: true }).fill('squares')
    const step = page.getByRole('group', { name: 'Step 1', exact: true })
    await step.getByLabel('Module').selectOption('numbers')
    await step.getByLabel('Function').selectOption('square')
    await step.getByLabel('Runs on').selectOption('hall (Online)')
    await step.getByLabel('Takes over while it is offline').selectOption('yard (Online)')
    await page.getByRole('button', { name: 'Save and deploy' }).press('Enter')
    await page.locator('.facts .state', { hasText: 'Ready' }).waitFor()
    t.strictSame(await findBarriers(page), [])

    const run = async (number: string) => {
      await follow('Run it')
      await page.getByLabel('number').fill(number)
      await page.keyboard.press('Enter')
      return await page.getByRole('region', { name: 'Result' }).textContent()
    }
    t.equal(await run('12'), '144')
    await follow('Deployments')
    await follow('squares')
    await page.locator('.facts .state', { hasText: 'Ready' }).waitFor()
    await agents.get('hall')?.end('SIGKILL')
    await page.locator('.facts .state', { hasText: 'In failover' }).waitFor()
    await main.getByText(/step 1 \(square\) from hall to yard/).first().waitFor()
    t.equal(await run('-9'), '81')
    t.strictSame(await findBarriers(page), [])
  })

  await t.test('the server is well, and says what it runs with', async t => {
    await follow('Settings and health')
    await follow('Health')
    await main.locator('.state-good').first().waitFor()
    t.strictSame(await findBarriers(page), [])
    t.strictSame(complaints, [], 'the browser has had nothing to complain of')
  })
})
