// Executions in a browser, with a real agent: a form made of what a deployment takes, its progress, results and files, and how one is given up.
import { statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { functionsOf, gradient, translate } from '../../scripts/devices-demo/modules.ts'
import { startDevice, translated } from '../agent/device.ts'
import { buildDevices } from '../devices-server.ts'
import { browseConsole, findBarriersInAllThemes, scrollsSideways, tabTo } from './console.ts'

t.setTimeout(240_000)

/** Writes `<b>hello</b>` to the file `letter`, by WASI preview 1. */
const writer = `(module
  (import "wasi_snapshot_preview1" "path_open" (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "letter")
  (data (i32.const 32) "<b>hello</b>")
  (func (export "write") (result i32)
    (if (call $open (i32.const 3) (i32.const 0) (i32.const 16) (i32.const 6) (i32.const 9) (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 0)) (then unreachable))
    (i32.store (i32.const 8) (i32.const 32))
    (i32.store (i32.const 12) (i32.const 12))
    (call $write (i32.load (i32.const 0)) (i32.const 8) (i32.const 1) (i32.const 4))))`

t.test('executions', async t => {
  const server = await buildDevices(t, { env: { EXECUTION_TIMEOUT: '60000' } })
  const device = await startDevice(t, { WASMIOT_SUPERVISOR_NAME: 'hall', INSTANCE_PATH: `${server.folder}/hall`, WASMIOT_MODULE_TIMEOUT_SECONDS: '120' })
  await server.register('hall', Number(new URL(device.url).port))
  const upload = async (name: string, wasm: Uint8Array<ArrayBuffer>, functions: object) => {
    const { headers } = await server.form('/api/v1/modules', { name, wasm: new Blob([wasm], { type: 'application/wasm' }) })
    const place = headers.get('location') ?? ''
    t.equal((await server.send(`${place}/description`, { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ functions }) })).status, 200, `${name} is described`)
    return place.split('/').at(-1) ?? ''
  }
  const numbers = await upload('numbers', await translate('numbers'), functionsOf.numbers)
  const picture = await upload('picture', await translate('picture'), functionsOf.picture)
  const letters = await upload('letters', await translated(writer), { write: { method: 'POST', mounts: [{ name: 'letter', stage: 'output', mediaType: 'text/plain' }] } })
  const deploy = async (name: string, module: string, func: string) => {
    const { headers } = await server.post('/api/v1/deployments', { name, sequence: [{ module, func }] })
    const place = headers.get('location') ?? ''
    const id = place.split('/').at(-1) ?? ''
    const { promise, resolve } = Promise.withResolvers<void>()
    const stop = server.app.devices.events.subscribe({ subject: 'deployment' }, ({ reason, subjectId }) => { if (subjectId === id && /ready/i.test(reason)) resolve() })
    await server.post(`${place}/deploy`, {})
    await promise
    stop()
    return id
  }
  const [square, spin, trap, invert, write] = [
    await deploy('square', numbers, 'square'), await deploy('spin', numbers, 'spin'), await deploy('trap', numbers, 'trap'), await deploy('invert', picture, 'invert'), await deploy('write', letters, 'write')
  ]
  const { open } = await browseConsole(t, server.origin)
  const { page, complaints } = await open('/devices/executions')
  const main = page.locator('main')
  const said = (words: string | RegExp) => page.locator('#announcements', { hasText: words }).waitFor()
  const go = async (place: string) => await page.evaluate(place => { location.hash = place }, place)
  const focused = () => page.evaluate(() => document.activeElement?.textContent)

  await t.test('there is none yet', async t => {
    await page.getByText('Nothing has been run yet.').waitFor()
    t.strictSame(await findBarriersInAllThemes(page), {})
  })

  await t.test('a form asks for what the function takes, and says what is wrong beside the field', async t => {
    await go(`/devices/run/${square}`)
    await page.getByRole('heading', { name: 'Run square' }).waitFor()
    await tabTo(page, 'main form input')
    await page.keyboard.type('2.5')
    await page.keyboard.press('Enter')
    await page.getByText('Enter a whole number.').waitFor()
    await page.waitForFunction(() => document.activeElement?.getAttribute('aria-invalid') === 'true')
    t.match(await main.ariaSnapshot(), /textbox "number"/)
    t.strictSame(await findBarriersInAllThemes(page), {})
    await page.keyboard.press('ControlOrMeta+a')
    await page.keyboard.type('99999999999999999999')
    await page.getByText('64 bits are the most').waitFor()
    await page.keyboard.press('ControlOrMeta+a')
    await page.keyboard.type('12')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Execution of square' }).waitFor()
    await page.getByRole('region', { name: 'Result' }).waitFor()
    t.equal(await page.getByRole('region', { name: 'Result' }).textContent(), '144')
    t.match(await main.ariaSnapshot(), /definition: Done[^]*term: What was given\s+- definition: number = 12/)
    t.strictSame(await findBarriersInAllThemes(page), {})
  })

  await t.test('the same is run again with what was given before', async t => {
    await page.getByRole('link', { name: 'Run it again' }).press('Enter')
    await page.getByRole('heading', { name: 'Run square' }).waitFor()
    t.equal(await page.getByLabel('number').inputValue(), '12')
    await page.getByLabel('number').fill('-3')
    await page.getByRole('button', { name: 'Run it' }).press('Enter')
    await page.getByRole('region', { name: 'Result' }).filter({ hasText: /^9$/ }).waitFor()
  })

  await t.test('a file goes in, and a file comes out', async t => {
    await go(`/devices/run/${invert}`)
    await page.getByRole('button', { name: 'Run it' }).press('Enter')
    await page.getByText('Choose a file.').waitFor()
    t.strictSame(await findBarriersInAllThemes(page), {})
    const file = path.join(t.testdir(), 'grey.pgm')
    writeFileSync(file, gradient(16, 8))
    await page.getByLabel('File picture').setInputFiles(file)
    await page.getByRole('button', { name: 'Run it' }).press('Enter')
    await page.getByRole('heading', { name: 'negative' }).waitFor()
    const downloaded = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Save negative' }).press('Enter')
    const { size } = statSync(await (await downloaded).path())
    t.equal(size, gradient(16, 8).length)
    await said('The file is saved.')
    t.strictSame(await findBarriersInAllThemes(page), {})
  })

  await t.test('a text that comes out is shown, as text', async t => {
    await go(`/devices/run/${write}`)
    await page.getByText('It takes no parameters and no files.').waitFor()
    await page.getByRole('button', { name: 'Run it' }).press('Enter')
    const letter = page.getByRole('region', { name: 'What is in letter' })
    await letter.waitFor()
    t.equal(await letter.textContent(), '<b>hello</b>')
    t.strictSame(await findBarriersInAllThemes(page), {})
  })

  await t.test('what goes wrong is said', async t => {
    await go(`/devices/run/${trap}`)
    await page.getByRole('button', { name: 'Run it' }).press('Enter')
    const problem = page.getByRole('group', { name: 'What went wrong' })
    await problem.waitFor()
    t.match(await problem.textContent(), /unreachable/)
    await page.locator('.state', { hasText: 'Failed' }).waitFor()
    t.strictSame(await findBarriersInAllThemes(page), {})
  })

  await t.test('what never ends is given up, and the focus is not lost with the button', async t => {
    await go(`/devices/run/${spin}`)
    await page.getByRole('button', { name: 'Run it' }).press('Enter')
    await page.locator('.state', { hasText: 'Runs' }).waitFor()
    t.strictSame(await findBarriersInAllThemes(page), {})
    const cancel = page.getByRole('button', { name: 'Give it up' })
    await cancel.focus()
    await page.keyboard.press('Enter')
    await said('It is given up.')
    await page.locator('.state', { hasText: 'Given up' }).waitFor()
    await page.waitForFunction(() => document.activeElement?.tagName === 'H2')
    t.match(await focused(), /Execution of spin/)
    t.strictSame(await findBarriersInAllThemes(page), {})
  })

  await t.test('what has been run is listed, of all deployments or of one', async t => {
    await page.getByRole('navigation', { name: 'Pages of devices' }).getByRole('link', { name: 'Executions' }).press('Enter')
    await page.getByRole('row', { name: /spin Given up/ }).waitFor()
    t.equal(await page.locator('tbody tr').count(), 6)
    await page.getByLabel('Deployment', { exact: true }).selectOption('square')
    await page.waitForFunction(() => document.querySelectorAll('tbody tr').length === 2)
    t.match(await main.ariaSnapshot(), /table "Executions"[^]*square[^]*Done/)
    t.strictSame(await findBarriersInAllThemes(page), {})
    t.strictSame(complaints, [])
  })

  await t.test('in French, 320 pixels wide, and where there is none', async t => {
    const french = await open(`/devices/run/${square}`, { language: 'fr' })
    await french.page.getByRole('heading', { name: 'Exécuter square' }).waitFor()
    t.notOk(await scrollsSideways(french.page))
    await french.page.getByLabel('number').fill('7')
    await french.page.getByRole('button', { name: 'Exécuter' }).press('Enter')
    await french.page.getByRole('region', { name: 'Résultat' }).filter({ hasText: '49' }).waitFor()
    t.notOk(await scrollsSideways(french.page))
    t.strictSame(await findBarriersInAllThemes(french.page), {})
    t.strictSame(french.complaints, [])
    await french.page.evaluate(() => { location.hash = `/devices/executions/${'0'.repeat(24)}` })
    await french.page.getByText('Cette exécution n’existe pas.').waitFor()
    t.strictSame(await findBarriersInAllThemes(french.page), {})
  })

  await t.test('a deployment that is not there, or not deployed, is said', async t => {
    await server.post(`/api/v1/deployments/${square}/stop`, {})
    await go(`/devices/run/${square}`)
    await page.getByText(/has no first step on any device|Not all devices have taken this deployment yet/).waitFor()
    t.strictSame(await findBarriersInAllThemes(page), {})
    await go(`/devices/run/${'0'.repeat(24)}`)
    await page.getByText('There is no such deployment.').waitFor()
  })
})
