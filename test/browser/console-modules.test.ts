// Modules in a browser: uploading, describing, versions, going back and removing, by keyboard.
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { startDevice, translated } from '../agent/device.ts'
import { add1, buildDevices } from '../devices-server.ts'
import { browseConsole, findBarriersInAllThemes, scrollsSideways, tabTo } from './console.ts'

t.setTimeout(240_000)

/** `twice(f64) → f64`, which needs `env.report(i32)`. */
const twice = await translated('(module (import "env" "report" (func (param i32))) (func (export "twice") (param f64) (result f64) local.get 0 local.get 0 f64.add))')

t.test('modules', async t => {
  const server = await buildDevices(t)
  const files = t.testdir()
  const file = (name: string, content: Uint8Array | string) => {
    writeFileSync(path.join(files, name), content)
    return path.join(files, name)
  }
  const { open } = await browseConsole(t, server.origin)
  const { page, complaints } = await open('/devices/modules')
  const main = page.locator('main')
  const said = (words: string | RegExp) => page.locator('#announcements', { hasText: words }).waitFor()
  const focused = () => page.evaluate(() => document.activeElement?.textContent)

  await t.test('there is none, and what is wrong with an upload is said where it is', async t => {
    await page.getByText('No module has been uploaded yet.').waitFor()
    await page.getByRole('button', { name: 'Upload' }).press('Enter')
    await page.getByText('Choose a file.').waitFor()
    await page.waitForFunction(() => document.activeElement?.getAttribute('type') === 'file')
    t.strictSame(await findBarriersInAllThemes(page), {})
    await page.getByLabel('WebAssembly file').setInputFiles(file('letter.wasm', 'dear reader'))
    t.equal(await page.getByLabel('Name').inputValue(), 'letter', 'the name of the file is proposed')
    await page.getByRole('button', { name: 'Upload' }).press('Enter')
    await page.locator('.problem', { hasText: /WebAssembly/ }).waitFor()
    t.match(await page.locator('[role=alert]').textContent(), /The file was not taken\./)
    t.strictSame(await findBarriersInAllThemes(page), {})
    complaints.length = 0
  })

  await t.test('one is uploaded', async t => {
    await page.getByLabel('WebAssembly file').setInputFiles(file('sums.wasm', add1))
    await page.getByLabel('Name').fill('sums')
    await page.getByRole('button', { name: 'Upload' }).press('Enter')
    await said('sums is uploaded. Describe its functions next.')
    await page.getByRole('heading', { name: 'sums' }).waitFor()
    t.match(await main.ariaSnapshot(), /term: Size\s+- definition: 41 byte[^]*term: SHA-256\s+- definition:\s+- code: [0-9a-f]{64}/)
    t.match(await page.getByRole('table', { name: 'Functions that it exports' }).ariaSnapshot(), /rowheader "add1"[^]*\(i32\) → i32[^]*not described yet/)
    await page.getByText('It needs nothing of a device.').waitFor()
    t.strictSame(await findBarriersInAllThemes(page), {})
  })

  await t.test('it is described by keyboard, with a file that comes with the deployment and one that is written', async t => {
    await page.getByRole('link', { name: 'Describe its functions' }).press('Enter')
    await page.getByRole('heading', { name: 'How the functions of sums are called' }).waitFor()
    t.strictSame(await findBarriersInAllThemes(page), {})
    await page.getByRole('button', { name: 'Save the description' }).press('Enter')
    await page.locator('[role=alert]', { hasText: 'Choose at least one function' }).waitFor({ state: 'attached' })
    t.equal(await page.evaluate(() => document.activeElement?.getAttribute('type')), 'checkbox', 'the focus goes to where one is chosen')
    await page.keyboard.press('Space')
    t.match(await page.getByRole('group', { name: 'add1' }).ariaSnapshot(), /combobox "Method"[^]*combobox "What it gives"[^]*textbox "Name of parameter 1": param0[^]*combobox "Type of parameter 1"/)
    await page.getByLabel('Name of parameter 1').fill('')
    await page.getByRole('button', { name: 'Add a file to add1' }).press('Enter')
    await said('A file is added.')
    await page.waitForFunction(() => document.activeElement?.closest('[data-mount]') !== null)
    await page.keyboard.type('weights')
    await page.getByLabel('When it is there').selectOption('deployment')
    await page.getByRole('button', { name: 'Save the description' }).press('Enter')
    await page.locator('[role=alert]', { hasText: '2 fields need your attention.' }).waitFor({ state: 'attached' })
    await page.waitForFunction(() => document.activeElement?.getAttribute('aria-invalid') === 'true')
    t.strictSame(await findBarriersInAllThemes(page), {})
    await page.keyboard.type('start')
    await page.getByLabel('The file itself').setInputFiles(file('weights.txt', 'one two'))
    await page.getByLabel('What it gives').selectOption('file')
    await page.getByRole('button', { name: 'Add a file to add1' }).press('Enter')
    await page.getByRole('group', { name: 'File 2 of add1' }).getByLabel('Name of the file').fill('sum')
    await page.getByRole('group', { name: 'File 2 of add1' }).getByLabel('When it is there').selectOption('output')
    await page.getByLabel('Media type').fill('text/plain')
    t.strictSame(await findBarriersInAllThemes(page), {})
    await page.getByRole('button', { name: 'Save the description' }).press('Enter')
    await said('sums is described.')
    await page.getByText('GET, start: integer, weights comes with the deployment, sum is written, gives text/plain').waitFor()
    await page.getByText('weights (7 byte)').waitFor()
    const [module] = await server.app.devices.registry.modules.list({ name: 'sums' })
    t.match(module?.versions[0]?.functions, { add1: { method: 'get', parameters: [{ name: 'start', type: 'integer' }], output: 'text/plain', mounts: { weights: { stage: 'deployment' }, sum: { stage: 'output', mediaType: 'text/plain' } } } })
  })

  await t.test('a description is changed, files that the server has stay, and rows that go leave the focus beside them', async () => {
    await page.getByRole('link', { name: 'Change how its functions are called' }).press('Enter')
    await page.getByText('The server has one. It stays unless you choose another.').waitFor()
    await page.getByRole('button', { name: 'Remove file 2' }).press('Enter')
    await said('The file is removed.')
    await page.waitForFunction(() => document.activeElement?.getAttribute('maxlength') === '100')
    await page.getByLabel('What it gives').selectOption('integer')
    await page.getByRole('button', { name: 'Save the description' }).press('Enter')
    await page.getByText('GET, start: integer, weights comes with the deployment, gives integer').waitFor()
    await page.getByText('weights (7 byte)').waitFor()
  })

  await t.test('another version comes, and the first is gone back to', async t => {
    await page.getByLabel('WebAssembly file').setInputFiles(file('twice.wasm', twice))
    await page.getByRole('button', { name: 'Upload' }).press('Enter')
    await page.locator('.problem', { hasText: 'does not export a function add1' }).waitFor()
    t.strictSame(await findBarriersInAllThemes(page), {})
    complaints.length = 0
    await page.getByLabel('How its functions are called now').fill('twice')
    await page.getByRole('button', { name: 'Upload' }).press('Enter')
    await page.getByText('This is not JSON.').waitFor()
    await page.getByLabel('How its functions are called now').fill('{"twice":{"method":"GET","parameters":[{"name":"number","type":"float"}],"output":"float"}}')
    await page.getByRole('button', { name: 'Upload' }).press('Enter')
    await said('Version 2 of sums is uploaded.')
    await page.getByRole('row', { name: /^2 Deployed/ }).waitFor()
    t.match(await page.getByRole('table', { name: 'What it needs of a device' }).ariaSnapshot(), /env\.report[^]*function[^]*\(i32\) → \(\)/)
    t.strictSame(await findBarriersInAllThemes(page), {})
    await page.getByRole('button', { name: 'Deploy version 1' }).press('Enter')
    await page.getByRole('dialog').getByRole('button', { name: 'Deploy it' }).press('Enter')
    await said('Version 1 is deployed from now on.')
    await page.getByRole('row', { name: /^1 Deployed/ }).waitFor()
    t.equal(await focused(), 'sums', 'the focus goes to the heading when the button goes')
    t.strictSame(await findBarriersInAllThemes(page), {})
  })

  await t.test('its files are saved', async t => {
    for (const [button, name] of [['Save the module', 'sums-1.wasm'], ['Save its OpenAPI document', 'sums.openapi.json']] as const) {
      const downloaded = page.waitForEvent('download')
      await page.getByRole('button', { name: button }).press('Enter')
      t.equal((await downloaded).suggestedFilename(), name)
    }
  })

  await t.test('it is removed, where nothing uses it or somebody insists', async t => {
    const [{ id = '' } = {}] = await server.app.devices.registry.modules.list({ name: 'sums' })
    const device = await startDevice(t, { WASMIOT_SUPERVISOR_NAME: 'hall', INSTANCE_PATH: `${server.folder}/hall` })
    await server.register('hall', Number(new URL(device.url).port))
    const made = await server.post('/api/v1/deployments', { name: 'uses', sequence: [{ module: id, func: 'add1' }] })
    t.equal((await server.post(`${made.headers.get('location')}/deploy`, {})).status, 202)
    await page.getByRole('button', { name: 'Remove', exact: true }).press('Enter')
    const dialog = page.getByRole('dialog', { name: 'Remove sums?' })
    t.equal(await focused(), 'Cancel', 'nothing goes by a second Enter')
    t.strictSame(await findBarriersInAllThemes(page), {})
    await dialog.getByRole('button', { name: 'Remove' }).press('Enter')
    await page.locator(':focus > .problem', { hasText: /uses/ }).waitFor()
    complaints.length = 0
    await page.getByRole('button', { name: 'Remove', exact: true }).press('Enter')
    await dialog.getByLabel('Also where a deployment that is wanted uses it').press('Space')
    await dialog.getByRole('button', { name: 'Remove' }).press('Enter')
    await said('sums is removed.')
    await page.getByText('No module has been uploaded yet.').waitFor()
  })

  await t.test('in French, and 320 pixels wide', async t => {
    const id = await server.upload('somme')
    const french = await open(`/devices/modules/${id}`, { language: 'fr' })
    await french.page.getByRole('heading', { name: 'somme' }).waitFor()
    t.notOk(await scrollsSideways(french.page))
    t.strictSame(await findBarriersInAllThemes(french.page), {})
    await french.page.getByRole('link', { name: 'Modifier l’appel de ses fonctions' }).press('Enter')
    await french.page.getByLabel('Nom du paramètre 1').waitFor()
    t.notOk(await scrollsSideways(french.page))
    t.strictSame(await findBarriersInAllThemes(french.page), {})
    t.strictSame(french.complaints, [])
    await french.page.goto(`${server.origin}/console/?#/devices/modules/${'0'.repeat(24)}`)
    await french.page.getByText('Ce module n’existe pas.').waitFor()
    t.strictSame(complaints, [])
  })

  await t.test('Tab leads through the form in the order of the page', async t => {
    const { page } = await open('/devices/modules')
    await tabTo(page, 'form input[type=file]')
    await tabTo(page, 'form input[type=text]', 1)
    await tabTo(page, 'form button[type=submit]', 1)
    t.pass('from the file to its name to the button')
  })
})
