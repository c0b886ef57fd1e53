// The graph in the console: services as a drawing, a table and a list, live; recent requests, and one of them step by step.
import { availableParallelism, loadavg } from 'node:os'
import t from 'tap'
import type { Page } from 'playwright-core'
import { findBarriersInAllThemes, openConsole, scrollsSideways, tabTo } from './console.ts'
import { after, answer, found, handler, made, mockService, names, preprocessor, rendering } from '../helper.ts'
import type { Entry } from '../helper.ts'
import type { RecentRequests } from '../../schemas/requests.ts'

t.setTimeout(240_000)

// Colours that are on their way from one to the other have no contrast to be measured.
const calm = { reducedMotion: 'reduce' } as const

/** Services with a failing one, one that waits at a gate, and one whose labels are wrong. */
async function someServices (t: Parameters<typeof mockService>[0], gate: Promise<unknown> = Promise.resolve()): Promise<Record<string, Entry>> {
  const look = await mockService(t, found(names.preprocessor('look'), {}))
  const wrong = await mockService(t, answer(500))
  const speak = await mockService(t, after(gate, made(rendering('a cup'))))
  return {
    look: preprocessor(look),
    faces: preprocessor(wrong, { required_dependencies: 'look', 'tutti.retries': 0 }),
    texts: preprocessor(look, { optional_dependencies: 'look' }),
    speak: handler(speak, { required_dependencies: 'faces,absent', optional_dependencies: 'texts' }),
    odd: handler(speak, { route: 'chart', port: '80abc' })
  }
}

const env = { PARALLEL_PREPROCESSORS: 'ON', REQUEST_TIMEOUT: '60000', HANDLER_TIMEOUT: '60000', SET_ASIDE_AFTER: '100' }

t.test('services', async t => {
  const gate = Promise.withResolvers<void>()
  const { open, render } = await openConsole(t, { env, services: await someServices(t, gate.promise) })

  t.test('are drawn, with a text that says so and a list of links; nothing stands in the way', async t => {
    const { page, complaints } = await open('/graph', calm)
    await page.getByRole('img', { name: 'Drawing of route default: 4 services in 1 stage, from left to right.' }).waitFor()
    t.strictSame(await page.locator('.drawing .node-name').allTextContents(), ['look', 'faces', 'texts', 'speak'])
    t.strictSame(await findBarriersInAllThemes(page), {})
    t.notOk(await scrollsSideways(page))
    t.strictSame(complaints, [])
  })

  t.test('are read in order: what starts at once, what comes after, how each does', async t => {
    const { page } = await open('/graph', calm)
    await page.locator('.drawing svg').waitFor()
    const heard = await page.locator('main').ariaSnapshot()
    const place = (words: string) => heard.indexOf(words)
    const wanted = ['heading "Graph" [level=1]', 'navigation "Parts of the graph"', 'combobox "Route"', 'heading "Services" [level=2]', 'button "Larger"', 'region "Drawing"', 'img "Drawing of route default', 'heading "Services in the drawing" [level=3]',
      'Stage 1', 'Starts at once', 'link "look"', 'Step 2: when those before have settled', 'link "faces"', 'link "texts"', 'Step 3: when those before have settled', 'link "speak"', 'heading "Problems and remarks" [level=2]', 'label ca.mcgill.a11y.image.port is', 'Write a whole number', 'speak needs absent, which is not there']
    for (const words of wanted) t.ok(place(words) >= 0, words)
    t.strictSame(wanted.toSorted((a, b) => place(a) - place(b)), wanted)
  })

  t.test('are a table and a list that say the same, and the choice is remembered', async t => {
    const { page } = await open('/graph', calm)
    await page.getByLabel('Show as', { exact: true }).selectOption('table')
    const rows = page.locator('tbody tr')
    t.strictSame(await rows.evaluateAll(rows => rows.map(row => [...row.children].slice(0, 3).map(cell => cell.textContent))), [['look', '1', 'preprocessor'], ['faces', '1', 'preprocessor'], ['texts', '1', 'preprocessor'], ['speak', '1', 'handler']])
    t.match(await rows.last().textContent(), /faces, texts.*faces, absent \(not there\).*texts/)
    await page.getByRole('button', { name: 'Service', exact: true }).press('Enter')
    t.equal(await page.locator('th[aria-sort=ascending]').textContent(), 'Service ▲')
    t.equal(await rows.first().locator('th').textContent(), 'faces')
    t.strictSame(await findBarriersInAllThemes(page), {})
    t.notOk(await scrollsSideways(page))
    await page.getByLabel('Show as', { exact: true }).selectOption('list')
    t.match(await page.locator('.plan-list').textContent(), /Starts at once.*look.*faces \(preprocessor, after look\).*speak \(handler, after faces, texts\)/)
    t.strictSame(await findBarriersInAllThemes(page), {})
    await page.reload()
    await page.locator('.plan-list').waitFor()
    t.equal(await page.getByLabel('Show as', { exact: true }).inputValue(), 'list')
  })

  t.test('of another route, and what only findings need', async t => {
    const { page } = await open('/graph', calm)
    await page.getByLabel('Route', { exact: true }).selectOption('chart')
    await page.getByRole('img', { name: 'Drawing of route chart: 1 service' }).waitFor()
    await page.getByLabel('Work', { exact: true }).selectOption('preprocess')
    await page.getByText('No service works for this.').waitFor()
    await page.getByLabel('Route', { exact: true }).selectOption('default')
    await page.getByRole('img', { name: 'Drawing of route default: 3 services' }).waitFor()
    t.strictSame(await page.locator('.drawing .node-name').allTextContents(), ['look', 'faces', 'texts'])
  })

  t.test('the drawing is moved and sized by keys and buttons, and says its size', async t => {
    const { page } = await open('/graph', { ...calm, viewport: { width: 600, height: 800 } })
    const width = async () => Number(await page.locator('.drawing svg').getAttribute('width'))
    await page.locator('.drawing svg').waitFor()
    await tabTo(page, '.drawing-frame')
    const before = await width()
    await page.keyboard.press('+')
    await page.keyboard.press('+')
    await page.keyboard.press('+')
    t.ok(await width() > 1.9 * before)
    await page.locator('#announcements', { hasText: 'Size' }).waitFor()
    await page.keyboard.press('ArrowRight')
    await page.waitForFunction(() => (document.querySelector('.drawing-frame')?.scrollLeft ?? 0) > 0)
    await page.keyboard.press('0')
    t.ok(await width() <= 600)
    await page.getByRole('button', { name: 'Actual size' }).press('Enter')
    const at = await page.locator('.drawing-frame').evaluate(frame => frame.scrollLeft)
    await page.getByRole('button', { name: 'Move right' }).press('Enter')
    await page.waitForFunction(at => (document.querySelector('.drawing-frame')?.scrollLeft ?? 0) > at, at)
    t.ok(await page.getByRole('button', { name: 'Move right' }).evaluate(button => button === document.activeElement))
  })

  t.test('one that has the focus in the list is pointed at in the drawing, and leads to its page', async t => {
    const { page } = await open('/graph', calm)
    await page.locator('.drawing svg').waitFor()
    await tabTo(page, '.plan-list a[href$="/services/speak"]')
    t.equal(await page.locator('.node.is-pointed').getAttribute('data-service'), 'speak')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { level: 1, name: 'speak' }).waitFor()
    t.equal(await page.evaluate(() => document.activeElement?.tagName), 'H1')
    const text = await page.locator('main').textContent()
    t.match(text, /Needsfaces, absent.*not there.*Can usetexts/)
    t.match(text, /speak needs absent, which is not there/)
    t.match(await page.getByRole('region', { name: 'Replicas' }).textContent(), /http:\/\/127\.0\.0\.1:\d+/)
    t.strictSame(await findBarriersInAllThemes(page), {})
    t.notOk(await scrollsSideways(page))
    await tabTo(page, 'main a[href="#/graph/"], main a[href="#/graph"]')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { level: 1, name: 'Graph' }).waitFor()
  })

  t.test('show what they do as they do it, without being asked again', async t => {
    const { page } = await open('/graph', calm)
    await page.locator('.node-good[data-service=speak]').waitFor()
    const asked = render()
    await page.locator('.node-busy[data-service=speak]').waitFor()
    await page.getByText('1 request is under way.').waitFor()
    t.match(await page.locator('.plan-list li', { hasText: 'speak' }).last().textContent(), /working/)
    gate.resolve()
    await asked
    await page.locator('.node-good[data-service=speak]').waitFor()
    await page.locator('.node-warning[data-service=faces]').waitFor()
    await page.getByText('No request is under way.').waitFor()
  })

  t.test('in French', async t => {
    const { page } = await open('/graph', { ...calm, language: 'fr' })
    await page.getByRole('img', { name: 'Dessin de la route default : 4 services en 1 étape' }).waitFor()
    t.match(await page.locator('main').textContent(), /Problèmes et remarques/)
    t.equal(await page.getByText('Write a whole number').getAttribute('lang'), 'en')
    t.strictSame(await findBarriersInAllThemes(page), {})
  })
})

t.test('recent requests', async t => {
  const { open, render, app, send } = await openConsole(t, { env, services: await someServices(t) })
  /** Resolves when the server has written down so many. */
  const written = async (count: number) => { while (app.recentRequests.list().length < count) await new Promise(resolve => setImmediate(resolve)) }
  const rows = (page: Page) => page.locator('tbody tr')

  t.test('are none at first', async t => {
    const { page } = await open('/graph/requests', calm)
    await page.getByText('No request has come yet.').waitFor()
    t.strictSame(await findBarriersInAllThemes(page), {})
    await page.goto(page.url().replace('requests', 'requests/99'))
    await page.getByRole('heading', { level: 1, name: 'There is no such request' }).waitFor()
    await page.goto(page.url().replace('requests/99', 'services/nobody'))
    await page.getByRole('heading', { level: 1, name: 'There is no such service' }).waitFor()
  })

  t.test('come into the table as they come, are said, filtered by keyboard, and held where one wants that', async t => {
    await render()
    await written(1)
    const { page, complaints } = await open('/graph/requests', calm)
    await rows(page).first().waitFor()
    t.match(await rows(page).first().textContent(), /answered, not complete.*4, 1 without result.*\/render.*default/)
    await render({})
    await page.waitForFunction(() => document.querySelectorAll('tbody tr').length === 2)
    t.match(await rows(page).first().textContent(), /refused\s*invalid/)
    await page.locator('#announcements', { hasText: '1 new request, 1 not well.' }).waitFor({ timeout: 15_000 })
    t.strictSame(await findBarriersInAllThemes(page), {})
    t.strictSame(complaints, [])

    await tabTo(page, 'input[type=search]')
    await page.keyboard.type('faces')
    await page.getByText('1 of 2 requests.').waitFor()
    await page.keyboard.press('ControlOrMeta+A')
    await page.keyboard.press('Delete')
    await page.getByLabel('How it ended').selectOption('refused')
    await page.getByText('1 of 2 requests.').waitFor()
    await page.getByLabel('Search', { exact: true }).fill('nobody')
    await page.getByText('No request is like that.').waitFor()
    await page.getByLabel('Search', { exact: true }).fill('')
    await page.getByLabel('How it ended').selectOption('')

    await page.getByLabel('Show new requests as they come').press('Space')
    await render()
    await page.getByText('1 request has come since.').waitFor()
    t.equal(await rows(page).count(), 2)
    await page.getByLabel('Show new requests as they come').press('Space')
    await page.waitForFunction(() => document.querySelectorAll('tbody tr').length === 3)
    t.notOk(await scrollsSideways(page))
  })

  t.test('one is stepped through by keys, on the drawing and as bars, with the numbers of the server', async t => {
    const { requests } = (await send('/requests')).json as RecentRequests
    const request = requests.find(({ number }) => number === 1)
    const { page } = await open('/graph/requests', calm)
    await tabTo(page, 'tbody a[href$="/requests/1"]')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { level: 1, name: 'Request of' }).waitFor()
    t.equal(await page.evaluate(() => document.activeElement?.tagName), 'H1')
    await page.locator('.node-bad[data-service=faces]').waitFor()

    await tabTo(page, 'input[type=range]')
    const slider = page.getByRole('slider', { name: 'Moment' })
    t.match(await slider.getAttribute('aria-valuetext'), /the request ended: answered, not complete$/)
    await page.keyboard.press('Home')
    t.match(await slider.getAttribute('aria-valuetext'), /^0 ms: the request came$/)
    await page.waitForFunction(() => document.querySelectorAll('.node-off').length === 4)
    await page.keyboard.press('ArrowRight')
    t.match(await slider.getAttribute('aria-valuetext'), /: look was asked$/)
    await page.locator('.node-busy[data-service=look]').waitFor()
    await page.keyboard.press('ArrowRight')
    t.match(await slider.getAttribute('aria-valuetext'), /: look: done$/)
    await page.locator('.node-good[data-service=look]').waitFor()
    await page.getByRole('button', { name: 'Next moment' }).press('Enter')
    await page.locator('#announcements', { hasText: 'was asked' }).waitFor()
    await page.getByRole('button', { name: 'Play' }).press('Enter')
    await page.getByText('Moment 10 of 10.').waitFor()
    await page.getByRole('button', { name: 'Play' }).waitFor()

    await page.getByRole('img', { name: /^Times of 4 services within/ }).waitFor()
    t.equal(await page.locator('.waterfall .bar rect').count(), 4)
    const table = page.getByRole('region', { name: 'Times of services' })
    const shown = await table.locator('tbody tr').evaluateAll(rows => rows.map(row => [...row.children].map(cell => cell.textContent)))
    t.strictSame(shown.map(([service, , , start, ms]) => ({ service, start: Number.parseFloat(start ?? ''), ms: Number.parseFloat(ms ?? '') })), request?.steps.map(({ service, start, ms }) => ({ service, start, ms })))
    t.match(shown.find(([service]) => service === 'faces')?.[2], /failed: a status that is no answer/)
    t.strictSame(await findBarriersInAllThemes(page), {})
    t.notOk(await scrollsSideways(page))
  })

  t.test('one that was refused has a code and no services; in French too', async t => {
    const { page } = await open('/graph/requests/2', { ...calm, language: 'fr' })
    await page.getByText('Aucun service n’a été appelé.').waitFor()
    t.match(await page.locator('main').textContent(), /refusée.*Code\s*invalid.*400/s)
    t.strictSame(await findBarriersInAllThemes(page), {})
  })

  t.test('hold nothing that can run', async t => {
    const { page, complaints } = await open('/graph/requests', calm)
    await page.evaluate(() => { document.location.hash = '#/graph/services/%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E' })
    await page.getByRole('heading', { level: 1, name: 'There is no such service' }).waitFor()
    t.equal(await page.locator('main img').count(), 0)
    t.strictSame(complaints, [])
  })
})

t.test('states', async t => {
  t.test('who has not signed in is asked to, and sees all after', async t => {
    const token = 'the-token-of-an-operator'
    const { open } = await openConsole(t, { services: { speak: handler('http://127.0.0.1:9') }, env: { OPERATOR_TOKEN: token } })
    const { page } = await open('/graph', calm)
    await page.locator('main').getByRole('button', { name: 'Sign in' }).press('Enter')
    await page.getByLabel('Operator token or JWT').fill(token)
    await page.keyboard.press('Enter')
    await page.getByRole('img', { name: 'Drawing of route default' }).waitFor()
  })

  t.test('a server without graphics says how it gets some', async t => {
    const { open } = await openConsole(t, { env: { MODULES: 'tracking' } })
    for (const hash of ['/graph', '/graph/requests']) {
      const { page } = await open(hash, calm)
      await page.getByText('Start it with graphics among MODULES.').waitFor()
      t.strictSame(await findBarriersInAllThemes(page), {})
    }
  })

  t.test('a server that keeps no requests, and has no services, says so', async t => {
    const { open } = await openConsole(t, { services: {}, env: { RECENT_REQUESTS: '0' } })
    const { page } = await open('/graph', calm)
    await page.getByText('No services have been found.').waitFor()
    t.strictSame(await findBarriersInAllThemes(page), {})
    const { page: other } = await open('/graph/requests', calm)
    await other.getByText('This server keeps no recent requests.').waitFor()
  })

  t.test('what waits says so; a server that cannot be reached, too, and it goes on by itself', async t => {
    const { open } = await openConsole(t, { services: { speak: handler('http://127.0.0.1:9') } })
    const { page } = await open('/settings', calm)
    const gate = Promise.withResolvers<void>()
    await page.route('**/topology', async route => {
      await gate.promise
      await route.abort()
    })
    await page.evaluate(() => { document.location.hash = '#/graph' })
    await page.getByText('Loading…').waitFor()
    gate.resolve()
    await page.locator('.problem', { hasText: 'The server cannot be reached' }).waitFor()
    t.strictSame(await findBarriersInAllThemes(page), {})
    await page.unroute('**/topology')
    await page.getByRole('img', { name: 'Drawing of route default' }).waitFor({ timeout: 20_000 })
  })
})

/** Milliseconds that the thread of a page has worked so far, by the processor's clock: other work on the machine does not count. */
async function threadTime (page: Page): Promise<() => Promise<number>> {
  const session = await page.context().newCDPSession(page)
  await session.send('Performance.enable', { timeDomain: 'threadTicks' })
  return async () => {
    const { metrics } = await session.send('Performance.getMetrics')
    return (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? NaN) * 1000
  }
}

/** Whether there is more to do on the machine than it can: then clocks on the wall say little of a page. */
const isBusy = () => loadavg()[0] as number > availableParallelism()

t.test('300 services', async t => {
  const services: Record<string, Entry> = {}
  for (let number = 0; number < 300; number++) {
    const dependencies: Record<string, string> = number < 50 ? {} : { required_dependencies: `service-${(Math.floor(number / 50) - 1) * 50 + number * 7 % 50},service-${(Math.floor(number / 50) - 1) * 50 + (number * 7 + 13) % 50}` }
    services[`service-${number}`] = number < 250 ? preprocessor('http://127.0.0.1:9', dependencies) : handler('http://127.0.0.1:9', dependencies)
  }
  const { open, app } = await openConsole(t, { services, env })

  t.test('are drawn within a second', async t => {
    const times: number[] = []
    const worked: number[] = []
    // Other work on the machine makes some tries slower: the quickest says what the page needs.
    while (times.length < 5 && !times.some(time => time < 1000)) {
      const { page } = await open('/settings', calm)
      const time = await threadTime(page)
      const before = await time()
      times.push(await page.evaluate(async () => {
        const begin = performance.now()
        document.location.hash = '#/graph'
        while (document.querySelectorAll('.drawing .node-name').length < 300) await new Promise(resolve => requestAnimationFrame(resolve))
        await new Promise(resolve => requestAnimationFrame(() => setTimeout(resolve)))
        return performance.now() - begin
      }))
      worked.push(await time() - before)
      await page.context().close()
    }
    t.comment(`drawn after ${times.map(Math.round).join(', ')} ms, of which the page worked ${worked.map(Math.round).join(', ')} ms`)
    t.ok(Math.min(...times) < 1000 || (isBusy() && Math.min(...worked) < 700), `${times.map(Math.round)}; ${worked.map(Math.round)}`)
  })

  t.test('stay smooth at 50 events a second', async t => {
    const { page } = await open('/graph', calm)
    await page.locator('.drawing .node-name').nth(299).waitFor({ state: 'attached' })
    // Through the ring and the stream of a real server; only the services are not asked.
    const steps = [...app.discovery.current().services.values()]
    let sent = 0
    let recording = app.recentRequests.begin('/render', 0)
    recording.identify('6f1d2a3b-4c5d-4e6f-8a7b-9c0d1e2f3a4b', 'default')
    const pulse = setInterval(() => {
      const service = steps[Math.floor(sent / 2) % steps.length]
      if (service === undefined) return
      if (sent % 2 === 0) recording.onStart({ service, role: 'preprocessor', after: [] })
      else recording.onOutcome({ service: service.name, role: 'preprocessor', kind: 'done', milliseconds: 20 })
      sent += 1
      if (sent % 100 === 0) {
        recording.end(200)
        recording = app.recentRequests.begin('/render', 0)
        recording.identify('6f1d2a3b-4c5d-4e6f-8a7b-9c0d1e2f3a4b', 'default')
      }
    }, 20)
    t.teardown(() => clearInterval(pulse))
    await page.locator('.node-busy').first().waitFor({ state: 'attached' })
    // A frame may be late because the machine does something else. Then no task of the page was long.
    const isSmooth = ({ longest, tasks }: { longest: number, tasks: number }) => longest <= 50 || tasks === 0
    const measured: Array<{ frames: number, longest: number, changes: number, tasks: number, worked: number }> = []
    const time = await threadTime(page)
    while (measured.length < 4 && !measured.some(isSmooth)) {
      const begin = await time()
      const seen = await page.evaluate(async () => {
        let changes = 0
        const observer = new MutationObserver(records => { changes += records.length })
        const drawing = document.querySelector('.drawing svg')
        if (drawing !== null) observer.observe(drawing, { subtree: true, attributes: true, characterData: true, childList: true })
        let tasks = 0
        const tasksObserver = new PerformanceObserver(list => { tasks += list.getEntries().length })
        tasksObserver.observe({ type: 'longtask' })
        let [frames, longest, before] = [0, 0, await new Promise<number>(resolve => requestAnimationFrame(resolve))]
        const end = before + 3000
        while (before < end) {
          const now = await new Promise<number>(resolve => requestAnimationFrame(resolve))
          longest = Math.max(longest, now - before)
          before = now
          frames += 1
        }
        observer.disconnect()
        tasksObserver.disconnect()
        return { frames, longest, changes, tasks }
      })
      measured.push({ ...seen, worked: (await time() - begin) / seen.frames })
    }
    t.comment(`longest frame of 3 s: ${measured.map(({ longest, frames, tasks, worked }) => `${longest.toFixed(1)} ms of ${frames} frames, ${tasks} tasks over 50 ms, ${worked.toFixed(1)} ms of work a frame`).join('; ')}`)
    t.ok(measured.every(({ changes }) => changes > 100), 'the drawing follows')
    t.ok(measured.some(isSmooth) || (isBusy() && Math.min(...measured.map(({ worked }) => worked)) < 25), JSON.stringify(measured))
  })
})

t.test('what others write is text and nothing else', async t => {
  const evil = '<img src=x onerror=alert(1)>'
  const { open, app } = await openConsole(t, { services: { speak: handler('http://127.0.0.1:9', { route: 'default', required_dependencies: evil, port: evil }) }, env })
  const recording = app.recentRequests.begin('/render', 0)
  recording.identify(evil, 'default')
  recording.onOutcome({ service: evil, role: 'handler', kind: 'failed', reason: 'down', milliseconds: 1 })
  recording.end(200)
  for (const hash of ['/graph', '/graph/requests', '/graph/requests/1', '/graph/services/speak']) {
    const { page, complaints } = await open(hash, calm)
    await page.getByText(hash === '/graph/requests' ? '<img src' : evil).first().waitFor()
    t.equal(await page.locator('main img').count(), 0)
    t.strictSame(complaints, [])
  }
})
