// Deployments in a browser, by keyboard and with real agents: composed, explained, deployed, seen to fail over, stopped, changed and deleted.
import t from 'tap'
import type { Page } from 'playwright-core'
import { startDevice } from '../agent/device.ts'
import { add1, buildDevices } from '../devices-server.ts'
import { sendJson, startDevice as startServer } from '../lib/devices/device-server.ts'
import { browseConsole, findBarriersInAllThemes, scrollsSideways, tabTo } from './console.ts'

t.setTimeout(290_000)
const patience = { timeout: 60_000 }

/** Keeps what is said: a later sentence takes the place of an earlier one. */
async function listen (page: Page) {
  await page.evaluate(() => {
    const said: string[] = []
    Object.assign(globalThis, { said })
    for (const region of document.querySelectorAll('[aria-live]')) new MutationObserver(() => said.push(region.textContent ?? '')).observe(region, { childList: true, characterData: true, subtree: true })
  })
  return {
    /** Resolves once a sentence has been said since the last call. */
    async hear (sentence: string) {
      await page.waitForFunction(sentence => (globalThis as unknown as { said: string[] }).said.some(each => each.includes(sentence)), sentence, patience)
      await page.evaluate(() => { (globalThis as unknown as { said: string[] }).said.length = 0 })
    }
  }
}

/** What has the focus, in words. */
async function focused (page: Page): Promise<string> {
  return await page.evaluate(() => {
    const element = document.activeElement
    const label = element?.id === undefined || element.id === '' ? null : document.querySelector(`label[for="${CSS.escape(element.id)}"]`)
    return `${element?.tagName.toLowerCase() ?? ''} ${label?.textContent ?? element?.textContent ?? ''}`
  })
}

/** Waits until something of a name has the focus. */
async function focusOn (page: Page, selector: string, words: string): Promise<void> {
  await page.waitForFunction(([selector, words]) => document.activeElement?.matches(selector ?? '') === true && document.activeElement.textContent?.includes(words ?? '') === true, [selector, words], patience)
}

t.test('deployments', async t => {
  const server = await buildDevices(t, { env: { HEALTH_CHECK_THRESHOLD: '3' } })
  const hall = await startDevice(t, { WASMIOT_SUPERVISOR_NAME: 'hall', INSTANCE_PATH: `${server.folder}/hall` })
  const yard = await startDevice(t, { WASMIOT_SUPERVISOR_NAME: 'yard', INSTANCE_PATH: `${server.folder}/yard` })
  const port = ({ url }: { url: string }) => Number(new URL(url).port)
  await server.register('hall', port(hall))
  await server.register('yard', port(yard))
  await server.upload('add')
  await server.upload('more')
  await server.form('/file/module', { name: 'bare', module: new Blob([add1], { type: 'application/wasm' }) })
  const { deployments } = server.app.devices.registry

  const { open } = await browseConsole(t, server.origin)
  const { page, complaints } = await open('/devices/deployments')
  page.setDefaultTimeout(patience.timeout)
  const { hear } = await listen(page)
  const main = page.locator('main')
  const step = (number: number) => page.getByRole('group', { name: `Step ${number}`, exact: true })
  /** Chooses in a list as one does by keyboard: by the first letters. */
  const choose = async (number: number, label: string, letters: string) => {
    const list = step(number).getByLabel(label)
    await list.focus()
    await page.keyboard.type(letters)
    await list.locator('option:checked', { hasText: letters }).waitFor({ state: 'attached' })
  }

  await t.test('there is none, and one is begun', async t => {
    await page.getByText('Nothing has been deployed yet.').waitFor()
    t.strictSame(await findBarriersInAllThemes(page), {})
    await page.getByRole('link', { name: 'New deployment' }).press('Enter')
    await focusOn(page, 'h2', 'New deployment')
    await step(1).waitFor()
    t.equal(await page.title(), 'New deployment – Devices – Tutti')
    t.match(await main.ariaSnapshot(), /heading "New deployment"[^]*Not in the lists, because their functions are not described yet: bare\.[^]*textbox "Name"[^]*group "Step 1"[^]*combobox "Module"[^]*combobox "Function"[^]*combobox "Runs on"[^]*Where it fits best/)
    t.strictSame(await findBarriersInAllThemes(page), {})
  })

  await t.test('what is missing is named beside its field, and the first wrong field has the focus', async t => {
    await page.getByRole('button', { name: 'Save', exact: true }).press('Enter')
    await page.getByText('Enter a name.').waitFor()
    await page.waitForFunction(() => document.activeElement?.matches('input[aria-invalid]'))
    t.equal(await focused(page), 'input Name')
    t.match(await main.ariaSnapshot(), /Enter a name\.[^]*Choose a module\.[^]*Choose a function\./)
    t.strictSame(await findBarriersInAllThemes(page), {})
    await page.keyboard.type('sum')
    // Once more: nothing that is drawn changes, and the focus goes on to the next field that is wrong.
    await page.getByRole('button', { name: 'Save', exact: true }).press('Enter')
    await page.waitForFunction(() => document.activeElement?.matches('select[aria-invalid]'))
    t.equal(await focused(page), 'select Module')
  })

  await t.test('steps are composed, moved and removed, and the focus goes with them', async t => {
    await choose(1, 'Module', 'add')
    t.equal(await step(1).getByLabel('Function').inputValue(), 'add1', 'the only function is chosen')
    await choose(1, 'Runs on', 'hall')
    t.match(await step(1).getByLabel('Runs on').locator('option').allTextContents(), ['Where it fits best', 'hall (Online)', 'yard (Online)'])
    await choose(1, 'Takes over while it is offline', 'yard')
    await tabTo(page, 'button:not([data-move]):not(fieldset *)')
    t.equal(await focused(page), 'button Add a step')
    await page.keyboard.press('Enter')
    await hear('Step 2 is added.')
    t.equal(await focused(page), 'select Module')
    await choose(2, 'Module', 'more')
    await step(2).getByLabel('Labels that the device must have').fill('zone attic')
    await step(2).getByRole('button', { name: 'Move step 2 up' }).press('Enter')
    await hear('Step 2 is now step 1.')
    t.equal(await focused(page), 'button Move step 1 up')
    t.match(await step(1).getByLabel('Module').locator('option:checked').textContent(), 'more')
    await page.keyboard.press('Enter')
    await hear('It is the first step already.')
    t.equal(await focused(page), 'button Move step 1 up')
    await step(1).getByRole('button', { name: 'Move step 1 down' }).press('Enter')
    await hear('Step 1 is now step 2.')
    t.equal(await focused(page), 'button Move step 2 down')
    t.match(await step(1).getByLabel('Module').locator('option:checked').textContent(), 'add')
    await page.getByRole('button', { name: 'Add a step' }).press('Enter')
    await hear('Step 3 is added.')
    await step(3).getByRole('button', { name: 'Remove step 3' }).press('Enter')
    await hear('Step 3 is removed.')
    t.equal(await focused(page), 'select Module')
    t.equal(await page.getByRole('group', { name: /^Step/ }).count(), 2)
    t.ok(await step(2).evaluate(group => group.contains(document.activeElement)), 'of the step before')
  })

  await t.test('where nothing fits, it is said what is lacking and what to do, and nothing is saved', async t => {
    const labels = step(2).getByLabel('Labels that the device must have')
    const explain = page.getByRole('button', { name: 'Explain where it would go' })
    await explain.press('Enter')
    await page.getByText('This line is not name=value: zone attic').waitFor()
    await page.waitForFunction(() => document.activeElement?.matches('textarea[aria-invalid]'))
    await labels.fill('zone=attic')
    await explain.press('Enter')
    await focusOn(page, 'h3', 'Step 2 fits on no device')
    t.match(await main.ariaSnapshot(), /heading "Step 2 fits on no device"[^]*heading "Step 1: add1 of add"[^]*Goes to hall: you have asked for it\.[^]*row "hall Chosen none[^]*heading "Step 2: add1 of more"[^]*group "Step 2 fits on no device\. What is lacking:"[^]*hall: has not the label zone=attic[^]*Give a device the label on its page, or ask for other labels\.[^]*row "yard Does not fit has not the label zone=attic none/)
    t.notMatch(await page.getByRole('group', { name: 'Step 2 fits on no device.' }).textContent(), 'this server')
    t.strictSame(await findBarriersInAllThemes(page), {})
    await page.getByRole('button', { name: 'Save', exact: true }).press('Enter')
    await hear('Nothing was saved, because a step fits nowhere.')
    await focusOn(page, 'h3', 'Step 2 fits on no device')
    t.equal(await deployments.count(), 0)
    await labels.fill('')
    await page.getByText('What is wanted has been changed since. Ask for the explanation again.').waitFor()
    t.strictSame(await findBarriersInAllThemes(page), {})
    await explain.press('Enter')
    await focusOn(page, 'h3', 'Every step has a device')
    const table = page.getByRole('region', { name: 'Devices for step 2' })
    t.match(await table.ariaSnapshot(), /columnheader "Verdict"[^]*columnheader "What is lacking"[^]*columnheader "Score"[^]*columnheader "Free memory"[^]*Chosen none \d+ % \d+ % \d+ % \d+ %[^]*Would do/)
    t.strictSame(await findBarriersInAllThemes(page), {})
    t.equal(await deployments.count(), 0, 'asking changes nothing')
  })

  await t.test('it is saved and deployed, and its page says what is wanted, what is there, and why', async t => {
    await page.getByRole('button', { name: 'Save and deploy' }).press('Enter')
    await hear('sum is saved. Devices are being told.')
    await focusOn(page, 'h2', 'sum')
    t.equal(await page.title(), 'sum – Devices – Tutti')
    await page.locator('.facts .state', { hasText: 'Ready' }).waitFor()
    const words = await main.ariaSnapshot()
    t.match(words, /term: Wanted[^]*on its devices[^]*term: State[^]*Ready/)
    t.match(words, /row "1: add1 add hall Online You have asked for it\. yard none"/)
    t.match(words, /row "2: add1 more \w+ Online It fitted best\. any that fits none"/)
    t.match(words, /row "hall Has it status 200/)
    t.match(words, /rowheader "Every step has a place"[^]*rowheader "Ready"[^]*rowheader "In failover"/)
    t.equal(await page.getByRole('link', { name: 'Run it' }).getAttribute('href'), `#/devices/run/${(await deployments.list())[0]?.id ?? ''}`)
    await page.getByRole('cell', { name: 'Deployment "sum" is ready on all of its devices' }).waitFor()
    t.strictSame(await findBarriersInAllThemes(page), {})
  })

  await t.test('a failover is seen and said as it happens, and its events have names', async t => {
    const explain = page.getByRole('button', { name: 'Explain where it would go' })
    await explain.focus()
    await hall.close()
    await hear('Failover: step 1, add1, has moved from hall to yard.')
    await page.getByRole('cell', { name: 'Failover: it belongs on hall.' }).first().waitFor()
    await page.getByRole('cell', { name: /step 1 \(add1\) from hall to yard/ }).waitFor()
    t.equal(await focused(page), 'button Explain where it would go', 'the focus stays')
    await page.locator('.facts .state', { hasText: 'In failover' }).waitFor()
    t.match(await main.ariaSnapshot(), /row "1: add1 add yard Online Failover: it belongs on hall\. yard none"/)
    t.strictSame(await findBarriersInAllThemes(page), {})
    await explain.press('Enter')
    await focusOn(page, 'h3', 'Every step has a device')
    t.match(await main.ariaSnapshot(), /Goes to yard: it was named to take over\.[^]*rowheader "hall"[^]*Does not fit[^]*is offline \(/)
    t.strictSame(await findBarriersInAllThemes(page), {})
  })

  await t.test('it is stopped, and changed with all that it had', async t => {
    await page.getByRole('button', { name: 'Stop' }).press('Enter')
    await hear('Devices are told to forget sum. It is kept for later.')
    await page.locator('.facts .state', { hasText: 'Not deployed' }).waitFor()
    t.equal(await focused(page), 'button Stop')
    await page.keyboard.press('Enter')
    await hear('It is not deployed.')
    t.strictSame(await findBarriersInAllThemes(page), {})
    await page.getByRole('link', { name: 'Change it' }).press('Enter')
    await focusOn(page, 'h2', 'Change sum')
    await step(2).waitFor()
    t.match(await step(1).getByRole('combobox').evaluateAll(lists => lists.map(list => (list as HTMLSelectElement).selectedOptions[0]?.textContent)), ['add', 'add1', 'hall (Offline)', 'yard (Online)'])
    t.strictSame(await findBarriersInAllThemes(page), {})
    await step(1).getByRole('button', { name: 'Remove step 1' }).press('Enter')
    await hear('Step 1 is removed.')
    await choose(1, 'Runs on', 'yard')
    await page.getByLabel('Name').fill('sum of one')
    await page.keyboard.press('Enter')
    await hear('sum of one is saved.')
    await focusOn(page, 'h2', 'sum of one')
    t.match(await main.ariaSnapshot(), /row "1: add1 more yard Online You have asked for it\. nobody none"/)
    const [kept] = await deployments.list()
    t.match(kept, { name: 'sum of one', isWanted: false })
    t.equal(kept?.steps.length, 1)
  })

  await t.test('it is found in the list, and deployed from its page', async t => {
    await page.getByRole('link', { name: 'All deployments' }).press('Enter')
    await focusOn(page, 'h2', 'Deployments')
    const link = page.getByRole('link', { name: 'sum of one' })
    await link.waitFor()
    t.match(await main.ariaSnapshot(), /link "New deployment"[^]*table "All deployments"[^]*rowheader "sum of one"[^]*cell "Not deployed"[^]*listitem: add1 on yard/)
    t.strictSame(await findBarriersInAllThemes(page), {})
    await link.press('Enter')
    await focusOn(page, 'h2', 'sum of one')
    await page.getByRole('button', { name: 'Deploy', exact: true }).press('Enter')
    await hear('sum of one is ready on all of its devices.')
    t.equal(await focused(page), 'button Deploy again')
  })

  await t.test('a device that does not take it is said, with its answer, and that it is asked again', async t => {
    const attic = await startServer(t)
    attic.answers['/deploy'] = response => sendJson(response, { status: 'error', reason: 'the disk is full' }, 500)
    await server.register('attic', attic.port)
    await page.getByRole('link', { name: 'Change it' }).press('Enter')
    await page.getByText('It is deployed: its devices are told as soon as you save.').waitFor()
    await choose(1, 'Runs on', 'attic')
    await page.getByRole('button', { name: 'Save', exact: true }).press('Enter')
    await page.getByRole('group', { name: 'Not taken by attic' }).waitFor()
    await page.getByText('the disk is full').waitFor()
    t.match(await main.ariaSnapshot(), /definition: On its way[^]*rowheader "attic"[^]*Has not taken it[^]*status 500[^]*the disk is full[^]*A device has not taken it\./)
    t.strictSame(await findBarriersInAllThemes(page), {})
    const broken = attic.answers['/deploy']
    attic.answers['/deploy'] = response => sendJson(response, { status: 'success' })
    const again = page.getByRole('button', { name: 'Deploy again' })
    await again.press('Enter')
    await hear('sum of one is ready on all of its devices.')
    await page.getByRole('group', { name: 'Not taken by attic' }).waitFor({ state: 'hidden' })
    attic.answers['/deploy'] = broken ?? (() => {})
    await again.press('Enter')
    await hear('attic has not taken sum of one.')
    t.equal(await focused(page), 'button Deploy again')
    await page.getByRole('link', { name: 'Change it' }).press('Enter')
    await step(1).waitFor()
    await choose(1, 'Runs on', 'yard')
    await page.getByRole('button', { name: 'Save', exact: true }).press('Enter')
    await hear('sum of one is saved.')
    await page.getByRole('cell', { name: 'You have asked for it.' }).waitFor()
  })

  await t.test('in French, and 320 pixels wide', async t => {
    const [{ id = '' } = {}] = await deployments.list()
    for (const [place, words] of [[`/devices/deployments/${id}`, 'Vous l’avez demandé.'], [`/devices/deployments/${id}/change`, 'Étiquettes que l’appareil doit avoir'], ['/devices/deployments', 'Tous les déploiements']] as const) {
      const { page } = await open(place, { language: 'fr' })
      await page.getByText(words).first().waitFor(patience)
      if (place.endsWith(id)) {
        await page.getByRole('button', { name: 'Expliquer où cela irait' }).press('Enter')
        await page.getByRole('heading', { name: 'Chaque étape a un appareil' }).waitFor(patience)
        t.match(await page.locator('main').ariaSnapshot(), /rowheader "hall"[^]*Ne convient pas[^]*est hors ligne/)
      }
      t.notOk(await scrollsSideways(page), place)
      t.strictSame(await findBarriersInAllThemes(page), {}, place)
      await page.context().close()
    }
  })

  await t.test('it is deleted, and the focus is on the list', async t => {
    const remove = page.getByRole('button', { name: 'Delete' })
    await remove.press('Enter')
    const dialog = page.getByRole('dialog', { name: 'Delete sum of one?' })
    await dialog.waitFor()
    t.strictSame(await findBarriersInAllThemes(page), {})
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'hidden' })
    t.equal(await focused(page), 'button Delete')
    await remove.press('Enter')
    await dialog.getByRole('button', { name: 'Delete' }).press('Enter')
    await hear('sum of one is being deleted.')
    await focusOn(page, 'h2', 'Deployments')
    t.strictSame(await findBarriersInAllThemes(page), {})
  })

  await t.test('one that is not there, and a server that goes', async t => {
    t.strictSame(complaints.filter(each => !each.includes('422')), [], 'nothing has gone wrong until now but what was refused')
    const { page: other } = await open(`/devices/deployments/${'0'.repeat(24)}`)
    await other.getByText('There is no such deployment. It may have been deleted.').waitFor(patience)
    t.strictSame(await findBarriersInAllThemes(other), {})
    await other.context().close()
    await page.getByRole('link', { name: 'New deployment' }).press('Enter')
    await page.getByLabel('Name').fill('late')
    await choose(1, 'Module', 'add')
    await server.app.close()
    await page.getByRole('button', { name: 'Save', exact: true }).press('Enter')
    await focusOn(page, 'div[tabindex="-1"]', 'The server cannot be reached.')
    t.equal(await page.getByLabel('Name').inputValue(), 'late', 'what was entered is kept')
    t.strictSame(await findBarriersInAllThemes(page), {})
  })
})
