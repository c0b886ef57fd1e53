// What every registry does, whichever database it is in: run against SQLite by `npm test`, against PostgreSQL by `npm run test:engines`.
import type { Test } from 'tap'
import { newId } from '../../../../lib/devices/id.ts'
import type { Registry } from '../../../../lib/devices/registry.ts'
import { forget } from '../../../../lib/devices/registry/forget.ts'
import { exampleDeployment, exampleDevice, exampleEvent, exampleList, exampleLog } from './examples.ts'

/** Opens a registry that is empty, closed with the test. */
export type OpenEmpty = (t: Test) => Promise<Registry>

/** Tests what a registry does. */
export function testRegistry (t: Test, openEmpty: OpenEmpty): void {
  t.test('what is kept comes back as it was, its members in their order', async t => {
    const registry = await openEmpty(t)
    const device = exampleDevice('a "device" of \u{1f600} and é', { labels: { zone: '__proto__', b: '1', a: '2' } })
    await registry.devices.insert(device)
    const found = await registry.devices.get(device.id)
    t.strictSame(found, device)
    t.equal(JSON.stringify(found), JSON.stringify(device))
    t.equal(await registry.devices.get(newId()), undefined)
    t.equal(await registry.devices.get('no id at all'), undefined)
  })

  t.test('texts that databases find hard are kept, and found', async t => {
    const registry = await openEmpty(t)
    for (const [place, name] of ['nul \0 inside', 'half a pair \ud800', 'x'.repeat(100_000), `${'x'.repeat(99_999)}y`, "'; drop table devices; --", '', '%'].entries()) {
      const device = exampleDevice(name)
      await registry.devices.insert(device)
      t.strictSame(await registry.devices.list({ name }), [device], `text ${place}`)
    }
    t.equal(await registry.devices.get('\0'), undefined)
  })

  t.test('no id comes twice, and no name of a device or zone', async t => {
    const registry = await openEmpty(t)
    const device = exampleDevice('camera')
    await registry.devices.insert(device)
    await t.rejects(registry.devices.insert({ ...device, name: 'other' }), { name: 'DevicesError', code: 'CONFLICT' })
    await t.rejects(registry.devices.insert({ ...device, id: newId() }), { name: 'DevicesError', code: 'CONFLICT' })
    const other = exampleDevice('lamp')
    await registry.devices.insert(other)
    await t.rejects(registry.devices.update(other.id, before => ({ ...before, name: 'camera' })), { code: 'CONFLICT' })
    t.equal((await registry.devices.get(other.id))?.name, 'lamp')
    await registry.deployments.insert(exampleDeployment('twice'))
    await registry.deployments.insert(exampleDeployment('twice'))
    t.equal(await registry.deployments.count({ name: 'twice' }), 2)
    const zone = { id: newId(), zone: 'hall', allowedRiskLevels: ['low'], lastUpdated: 1 }
    await registry.zones.insert(zone)
    await t.rejects(registry.zones.insert({ ...zone, id: newId() }), { code: 'CONFLICT' })
    t.equal(registry.trouble, undefined, 'nothing is wrong with the database')
  })

  t.test('a query takes what it means', async t => {
    const registry = await openEmpty(t)
    const [one, two] = [newId(), newId()]
    const events = [exampleEvent(one, 1000), exampleEvent(two, 2000), exampleEvent(one, 3000), exampleEvent(one, 4000)]
    for (const event of events) await registry.events.insert(event)
    const [first, second, third, fourth] = events
    t.strictSame(await registry.events.list(), events, 'all, oldest first')
    t.strictSame(await registry.events.list({ newestFirst: true }), [fourth, third, second, first])
    t.strictSame(await registry.events.list({ owner: one }), [first, third, fourth])
    t.strictSame(await registry.events.list({ owner: one, after: 1000 }), [third, fourth])
    t.strictSame(await registry.events.list({ before: 3000 }), [first, second])
    t.strictSame(await registry.events.list({ limit: 2 }), [first, second])
    t.strictSame(await registry.events.list({ limit: 0 }), [])
    t.strictSame(await registry.events.list({ skip: 1, limit: 2, newestFirst: true }), [third, second])
    t.strictSame(await registry.events.list({ owner: newId() }), [])
    t.equal(await registry.events.count({ owner: one }), 3)
    t.equal(await registry.events.count({ owner: one, skip: 1, limit: 1 }), 1)
    await registry.logs.insert(exampleLog('camera', 1, { message: 'picture', level: 20 }))
    t.match(await registry.logs.list({ name: 'camera' }), [{ line: { message: 'picture', level: 20 } }])
  })

  t.test('pages follow each other, within one millisecond, over many rows, and after what has gone', async t => {
    const registry = await openEmpty(t)
    const owner = newId()
    const events = Array.from({ length: 450 }, (_, place) => exampleEvent(owner, 1_700_000_000_000 + Math.floor(place / 150) * 2000, String(place)))
    for (let second = 0; second < 3; second++) await Promise.all(events.slice(150 * second, 150 * (second + 1)).map(event => registry.events.insert(event)))
    const all = await registry.events.list()
    t.equal(all.length, 450)
    for (const newestFirst of [false, true]) {
      const pages = []
      for (let cursor: string | undefined; ;) {
        const page = await registry.events.list({ owner, limit: 45, cursor, newestFirst })
        if (page.length === 0) break
        pages.push(...page)
        cursor = page.at(-1)?.id
      }
      t.strictSame(pages, newestFirst ? all.toReversed() : all)
    }
    t.strictSame(await registry.events.list({ skip: 3 }), all.slice(3), 'also beyond what is read in one go')
    // Those of the second second come after one of the first second that has gone, and after nobody in the other direction.
    const gone = all[149]
    await registry.events.remove(gone?.id ?? '')
    const next = await registry.events.list({ cursor: gone?.id, limit: 300 })
    t.ok(next.length >= 299 && next.length <= 449 && next.every(({ id }) => id !== gone?.id), `${next.length} come after it`)
    t.ok((await registry.events.list({ cursor: gone?.id, newestFirst: true })).every(({ time }) => time === 1_700_000_000_000))
  })

  t.test('a change that is not made leaves all as it was', async t => {
    const registry = await openEmpty(t)
    const device = exampleDevice('camera')
    await registry.devices.insert(device)
    t.strictSame(await registry.devices.update(device.id, () => undefined), device)
    await t.rejects(registry.devices.update(device.id, () => { throw new RangeError('not like that') }), { name: 'RangeError', message: 'not like that' })
    t.strictSame(await registry.devices.get(device.id), device)
    t.equal(await registry.devices.update(newId(), before => ({ ...before, name: 'other' })), undefined)
    const changed = await registry.devices.update(device.id, before => ({ ...before, name: 'renamed', id: newId() }))
    t.equal(changed?.name, 'renamed')
    t.match(await registry.devices.list({ name: 'renamed' }), [{ name: 'renamed', port: 5000 }])
    t.equal(await registry.devices.count({ name: 'camera' }), 0)
    t.equal((await registry.devices.get(device.id))?.id, device.id, 'an id stays')
  })

  t.test('a list that has been read before says what has changed since', async t => {
    const registry = await openEmpty(t)
    const devices = Array.from({ length: 5 }, (_, place) => exampleDevice(`device ${place}`))
    for (const device of devices) await registry.devices.insert(device)
    const [first, second, third] = devices.map(({ id }) => id)
    t.strictSame(await registry.devices.list(), devices)
    await registry.devices.update(second ?? '', before => ({ ...before, port: 1 }))
    await registry.devices.remove(third ?? '')
    await registry.devices.remove(first ?? '')
    // Of that id, but another.
    await registry.devices.insert(exampleDevice('again', { id: first ?? '', port: 2 }))
    t.strictSame((await registry.devices.list()).map(({ name, port }) => `${name} ${port}`), ['device 1 1', 'device 3 5000', 'device 4 5000', 'again 2'])
    t.equal((await registry.devices.get(second ?? ''))?.port, 1)
  })

  t.test('of many changes at once none is lost', async t => {
    const registry = await openEmpty(t)
    const list = exampleList()
    await registry.datalists.insert(list)
    await Promise.all(Array.from({ length: 200 }, (_, place) => registry.datalists.update(list.id, before => ({ ...before, values: [...before.values, place] }))))
    const values = (await registry.datalists.get(list.id))?.values ?? []
    t.strictSame([...values].sort((a, b) => Number(a) - Number(b)), Array.from({ length: 200 }, (_, place) => place))
  })

  t.test('things are removed one by one, or all that are meant', async t => {
    const registry = await openEmpty(t)
    const [one, two] = [newId(), newId()]
    const events = Array.from({ length: 500 }, (_, place) => exampleEvent(place % 2 === 0 ? one : two, 1000 + place))
    await Promise.all(events.map(event => registry.events.insert(event)))
    t.equal(await registry.events.remove(events[0]?.id ?? ''), true)
    t.equal(await registry.events.remove(events[0]?.id ?? ''), false)
    t.equal(await registry.events.removeAll({ owner: two, limit: 3 }), 3)
    t.equal(await registry.events.removeAll({ owner: two }), 247)
    t.equal(await registry.events.count(), 249)
    t.equal(await registry.events.removeAll(), 249)
    t.strictSame(await registry.events.list(), [])
  })

  t.test('what is old or too much is forgotten', async t => {
    const registry = await openEmpty(t)
    const owner = newId()
    for (let place = 0; place < 30; place++) {
      await registry.events.insert(exampleEvent(owner, place))
      await registry.logs.insert(exampleLog('camera', place))
    }
    t.equal(await forget(registry, { before: 10, mostLogs: 15 }), 2 * 10 + 2 * 5)
    t.strictSame((await registry.logs.list()).map(({ dateReceived }) => dateReceived), Array.from({ length: 15 }, (_, place) => 15 + place))
    t.equal(await registry.events.count(), 15)
    t.equal(await forget(registry, { before: 10, mostLogs: 15 }), 0)
  })

  t.test('whoever leads is told so, and listeners of the same process hear what is told', async t => {
    const registry = await openEmpty(t)
    const told: boolean[] = []
    const led = Promise.withResolvers<undefined>()
    const leading = registry.lead(isLeader => {
      told.push(isLeader)
      if (isLeader) led.resolve(undefined)
    })
    t.strictSame(told, [], 'not before lead() has come back')
    await led.promise
    await leading.close()
    t.strictSame(told, [true, false])
    await leading.close()
    t.strictSame(told, [true, false])
    const heard = Promise.withResolvers<string>()
    const id = newId()
    const stop = registry.onNotified((topic, id) => { heard.resolve(`${topic} ${id}`) })
    registry.notify('deployments', id)
    t.equal(await heard.promise, `deployments ${id}`)
    stop()
  })
}
