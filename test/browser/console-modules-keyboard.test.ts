// Pages of modules by keyboard alone: where the focus is after each step, what is refused and how that is said, files that functions share, and going back to a version.
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { translated } from '../agent/device.ts'
import { add1Functions, buildDevices } from '../devices-server.ts'
import { browseConsole, findBarriersInAllThemes, scrollsSideways, tabTo } from './console.ts'

t.setTimeout(300_000)

const functions = '(func (export "scale") (param f32) (result f32) local.get 0) (func (export "add1") (param i32) (result i32) local.get 0 i32.const 1 i32.add)'
const first = await translated(`(module ${functions})`)
const second = await translated(`(module (import "env" "report" (func (param i32))) ${functions})`)

t.test('modules by keyboard', async t => {
  const server = await buildDevices(t)
  const files = t.testdir()
  const file = (name: string, content: Uint8Array | string) => {
    writeFileSync(path.join(files, name), content)
    return path.join(files, name)
  }
  const { open } = await browseConsole(t, server.origin)
  const { page, complaints } = await open('/devices')
  const keys = async (...pressed: string[]) => { for (const key of pressed) await page.keyboard.press(key) }
  const said = (words: string | RegExp) => page.locator('#announcements', { hasText: words }).waitFor()
  const isFocused = (selector: string, words = '') => page.waitForFunction(([selector = '', words = '']) => document.activeElement?.matches(selector) === true && document.activeElement.textContent?.includes(words) === true, [selector, words])
  /** What a screen reader says of a failure that has the focus. The browser complains of each, as it should. */
  const refused = async (status: RegExp) => {
    await isFocused('[tabindex="-1"]:has(> .problem)')
    t.match(complaints.splice(0).join(' '), status, 'the server refused it')
    t.strictSame(await findBarriersInAllThemes(page), {})
    return await page.locator(':focus').ariaSnapshot()
  }
  const stored = async (name: string) => (await server.app.devices.registry.modules.list({ name }))[0]

  await t.test('a tab keeps the focus, and what the browser opens first is not stolen', async t => {
    await page.getByText('No device is known yet.').waitFor()
    t.equal(await page.evaluate(() => document.activeElement?.tagName), 'BODY')
    await tabTo(page, 'a[href="#/devices/modules"]')
    await keys('Enter')
    await page.getByText('No module has been uploaded yet.').waitFor()
    t.equal(await page.evaluate(() => document.activeElement?.textContent), 'Modules')
    t.match(await page.title(), /^Modules – Devices – Tutti$/)
  })

  await t.test('what is not WebAssembly is refused where the focus is, and a name is proposed until one is written', async t => {
    await tabTo(page, 'input[type=file]')
    await page.locator(':focus').setInputFiles(file('letter.wasm', 'dear reader'))
    await keys('Tab')
    t.equal(await page.locator(':focus').inputValue(), 'letter')
    await keys('Tab', 'Enter')
    t.match(await refused(/422/), /group "The server refused this[^]*WebAssembly/)
    await page.getByLabel('WebAssembly file').setInputFiles(file('scale.wasm', first))
    t.equal(await page.getByLabel('Name').inputValue(), 'scale', 'another is proposed for another file')
    await page.getByLabel('Name').fill('scales')
    await page.getByLabel('WebAssembly file').setInputFiles(file('other.wasm', first))
    t.equal(await page.getByLabel('Name').inputValue(), 'scales', 'what somebody has written stays')
  })

  await t.test('its page begins where the upload ends', async t => {
    await tabTo(page, 'form button[type=submit]')
    await keys('Enter')
    await isFocused('h2', 'scales')
    await said('scales is uploaded. Describe its functions next.')
    t.match(await page.locator('main').ariaSnapshot(), /heading "scales" \[level=2\][^]*term: Version\s+- definition: 1; 1 is kept/)
    t.equal(await page.title(), 'scales – Devices – Tutti')
  })

  await t.test('a description is begun with what the module has, and says what is missing', async t => {
    await tabTo(page, 'a[href$="/describe"]')
    await keys('Enter')
    await isFocused('h2', 'How the functions of scales are called')
    await tabTo(page, 'button[type=submit]')
    await keys('Enter')
    await isFocused('input[type=checkbox]')
    t.match(await page.locator('form').ariaSnapshot(), /group "Choose at least one function that deployments may call\."/)
    t.strictSame(await findBarriersInAllThemes(page), {})
    await keys('Space')
    await page.locator('form .problem').waitFor({ state: 'detached' })
    t.match(await page.getByRole('group', { name: 'scale (f32) → f32' }).ariaSnapshot(), /combobox "What it gives":[^]*option "a number with a fraction" \[selected\][^]*textbox "Name of parameter 1": param0[^]*option "a number with a fraction" \[selected\]/)
    await tabTo(page, '[data-add]')
    await keys('Enter')
    await said('A file is added.')
    await isFocused('[data-mount] input[type=text]')
    await page.keyboard.type('drawing')
    await keys('Tab')
    await page.keyboard.type('is written')
    await keys('Tab')
    await page.keyboard.type('picture')
    await tabTo(page, 'button[type=submit]')
    await keys('Enter')
    await isFocused('select[aria-invalid]')
    t.match(await page.locator('form').ariaSnapshot(), /It writes a file: choose that here, or remove the file below\.[^]*Enter a media type, such as image\/png\./)
    t.strictSame(await findBarriersInAllThemes(page), {})
  })

  await t.test('what the server alone knows is said above the form', async t => {
    const mount = page.getByRole('group', { name: 'File 1 of scale' })
    await mount.getByLabel('When it is there').selectOption('deployment')
    await mount.getByLabel('The file itself').setInputFiles(file('weights.txt', 'one two'))
    await mount.getByLabel('Name of the file').fill('wasm')
    await page.getByRole('button', { name: 'Save the description' }).press('Enter')
    t.match(await refused(/400/), /A mount cannot have the name wasm/)
    t.ok(await page.evaluate(() => document.activeElement?.nextElementSibling?.matches('fieldset')), 'it is above the first function')
    await mount.getByLabel('Name of the file').fill('weights')
  })

  await t.test('functions share a file of one name, and rows that go leave the focus beside them', async t => {
    await page.getByLabel('Deployments may call add1').press('Space')
    const add = page.getByRole('button', { name: 'Add a file to add1' })
    for (const name of ['weights', 'gone']) {
      await add.press('Enter')
      await isFocused('[data-mount] input[type=text]')
      await page.keyboard.type(name)
    }
    await page.getByRole('group', { name: 'File 1 of add1' }).getByLabel('When it is there').selectOption('deployment')
    t.strictSame(await findBarriersInAllThemes(page), {})
    await page.getByRole('group', { name: 'File 2 of add1' }).getByRole('button', { name: 'Remove file 2' }).press('Enter')
    await said('The file is removed.')
    await isFocused('[data-mount] input[type=text]')
    t.equal(await page.locator(':focus').inputValue(), 'weights', 'on the file before')
    await page.getByRole('button', { name: 'Save the description' }).press('Enter')
    await isFocused('h2', 'scales')
    await said('scales is described.')
    await page.getByText('weights (7 byte)').waitFor()
    t.match((await stored('scales'))?.versions[0], { functions: { scale: { output: 'float', mounts: { weights: { stage: 'deployment' } } }, add1: { output: 'integer', mounts: { weights: { stage: 'deployment' } } } }, dataFiles: { weights: { size: 7 } } })
  })

  await t.test('the last file that goes leaves the focus on the button that adds one, and leaving the form leads back', async t => {
    await tabTo(page, 'a[href$="/describe"]')
    await keys('Enter')
    await isFocused('h2', 'How the functions of scales are called')
    await page.getByRole('group', { name: 'File 1 of add1' }).getByRole('button', { name: 'Remove file 1' }).press('Enter')
    await isFocused('[data-add]', 'Add a file to add1')
    await page.getByRole('link', { name: 'Back to scales' }).press('Enter')
    await isFocused('h2', 'scales')
    t.match((await stored('scales'))?.versions[0]?.functions, { add1: { mounts: { weights: {} } } }, 'nothing was changed')
  })

  await t.test('another version is sent once, and going back asks first', async t => {
    await page.getByLabel('WebAssembly file').setInputFiles(file('second.wasm', second))
    await page.getByRole('button', { name: 'Upload' }).press('Enter')
    await said('Version 2 of scales is uploaded.')
    await page.getByRole('row', { name: /^2 Deployed/ }).waitFor()
    t.equal(await page.evaluate(() => document.activeElement?.textContent), 'Upload', 'the focus stays')
    await keys('Enter')
    await page.getByText('Choose a file.').waitFor()
    t.equal((await stored('scales'))?.versions.length, 2, 'it is not sent again')
    await page.getByRole('button', { name: 'Deploy version 1' }).press('Enter')
    const dialog = page.getByRole('dialog', { name: 'Deploy version 1 of scales?' })
    t.match(await dialog.ariaSnapshot(), /Deployments that use this module follow/)
    t.equal(await page.evaluate(() => document.activeElement?.textContent), 'Cancel', 'nothing is done by a second Enter')
    t.strictSame(await findBarriersInAllThemes(page), {})
    await keys('Escape')
    await isFocused('button', 'Deploy version 1')
    t.equal((await stored('scales'))?.version, 2)
    await keys('Enter', 'Tab', 'Enter')
    await said('Version 1 is deployed from now on.')
    await page.getByRole('row', { name: /^1 Deployed/ }).waitFor()
    await isFocused('h2', 'scales')
    t.match(await page.locator('main').ariaSnapshot(), /definition: 1; 2 are kept/)
    t.equal((await stored('scales'))?.version, 1)
  })

  await t.test('a version that was never described is not gone back to', async t => {
    const wasm = () => new Blob([first], { type: 'application/wasm' })
    const { json } = await server.form('/api/v1/modules', { name: 'rough', wasm: wasm() })
    const place = `/api/v1/modules/${(json as { id: string }).id}`
    await server.form(`${place}/versions`, { wasm: wasm() })
    t.equal((await server.send(`${place}/description`, { method: 'PUT', body: JSON.stringify({ functions: add1Functions }), headers: { 'content-type': 'application/json' } })).status, 200)
    await page.getByRole('link', { name: 'All modules' }).press('Enter')
    await isFocused('h2', 'Modules')
    await page.getByRole('link', { name: 'rough' }).press('Enter')
    await isFocused('h2', 'rough')
    await page.getByRole('button', { name: 'Deploy version 1' }).press('Enter')
    await page.getByText('Version 1 has not been described.').waitFor()
    await page.getByRole('button', { name: 'Deploy it' }).press('Enter')
    t.match(await refused(/409/), /never been described/)
    t.equal((await stored('rough'))?.version, 2)
  })

  await t.test('what is removed leaves the focus on the list', async t => {
    await page.getByRole('button', { name: 'Remove', exact: true }).press('Enter')
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).press('Enter')
    await said('rough is removed.')
    await isFocused('h2', 'Modules')
    t.match(await page.getByRole('table', { name: 'Modules' }).ariaSnapshot(), /rowheader "scales"/)
    t.equal(await stored('rough'), undefined)
    t.strictSame(complaints, [])
  })

  await t.test('in French, 320 pixels wide, with every field that a form can have', async t => {
    const { page } = await open(`/devices/modules/${(await stored('scales'))?.id ?? ''}/describe`, { language: 'fr' })
    await page.getByText('Le serveur en a un.').first().waitFor()
    await page.getByRole('button', { name: 'Ajouter un fichier à add1' }).press('Enter')
    const added = page.getByRole('group', { name: 'Fichier 2 de add1' })
    await added.getByLabel('Quand il est là').selectOption('output')
    await page.getByRole('button', { name: 'Enregistrer la description' }).press('Enter')
    await page.getByText('Elle écrit un fichier : choisissez-le ici').waitFor()
    await added.getByText('Saisissez un type de média').waitFor()
    t.notOk(await scrollsSideways(page))
    t.strictSame(await findBarriersInAllThemes(page), {})
  })
})
