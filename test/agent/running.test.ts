// Calls of functions on the agent: values of all types, modules that must be stopped, files, and what modules cannot see.
import t from 'tap'
import { functionsOf, gradient, translate } from '../../scripts/devices-demo/modules.ts'
import { documentOf, startDevice, startOrigin, translated } from './device.ts'

const id = 'a'.repeat(24)
const numbers = { add1: { parameters: ['n'] }, half: { parameters: ['n'] }, square: { parameters: ['n'] }, trap: {}, spin: {}, hoard: {} }

t.test('functions of numbers', async t => {
  t.hasOwnProps(functionsOf.numbers, Object.keys(numbers))
  const origin = await startOrigin(t, {})
  const device = await startDevice(t, { WASMIOT_MODULE_TIMEOUT_SECONDS: '1', AGENT_MAX_MEMORY_MB: '8' })
  const bytes = await translate('numbers')
  t.equal((await device.ask('POST', '/deploy', documentOf({ name: 'numbers', bytes, origin, functions: numbers }))).status, 200)
  const call = (query: string) => device.run(`/${id}/modules/numbers/${query}`)

  await t.test('an integer is answered as JSON text', async t => {
    const { status, entry } = await call('add1?n=41')
    t.equal(status, 200)
    t.match(entry, { success: true, result: ['42', null], deployment_id: id, module_name: 'numbers', function_name: 'add1', method: 'GET', request_args: { n: '41' } })
    t.match(entry.request_id, /^a{24}:numbers:add1:\d+$/)
  })
  await t.test('64 bits are exact', async t => t.strictSame((await call('square?n=3037000499')).entry.result, ['9223372030926249001', null]))
  await t.test('fractions work', async t => t.strictSame((await call('half?n=2.5')).entry.result, ['1.25', null]))
  await t.test('what is no number fails, and so does what is missing', async t => {
    for (const query of ['add1?n=1.5', 'add1?n=', 'add1?n=4294967296', 'add1', 'square?n=18446744073709551616', 'half?n=abc']) {
      const { status, entry } = await call(query)
      t.equal(status, 500, query)
      t.type(entry.result, 'string')
    }
  })
  await t.test('a trap is an entry that failed', async t => {
    const { status, entry } = await call('trap')
    t.equal(status, 500)
    t.match(entry, { success: false, result: /unreachable/ })
  })
  await t.test('F29: an endless loop is stopped, and the device goes on', async t => {
    const ended = call('spin')
    t.equal((await device.ask('GET', '/health')).status, 200)
    t.match((await ended).entry, { success: false, result: /stopped after 1 s/ })
    t.strictSame((await call('add1?n=1')).entry.result, ['2', null])
  })
  await t.test('F29: a module gets no more memory than it may', async t => {
    const { entry } = await call('hoard')
    const [pages] = entry.result as [string]
    t.ok(Number(pages) > 1 && Number(pages) <= 128, `${pages} pages of 64 KiB`)
  })
  await t.test('a module that needs more at once is not taken', async t => {
    const large = await translated('(module (memory 4000))')
    const { status, json } = await device.ask('POST', '/deploy', documentOf({ id: 'c'.repeat(24), name: 'large', bytes: large, origin, functions: {} }))
    t.equal(status, 500)
    t.match(json, { status: 'error', result: /4000 pages/ })
  })
  await t.test('what is not there is refused as the Python supervisor refuses it', async t => {
    t.match(await device.ask('GET', `/${'d'.repeat(24)}/modules/numbers/add1?n=1`), { status: 404, json: { status: 'error' } })
    t.match(await device.ask('GET', `/${id}/modules/other/add1?n=1`), { status: 500, json: { status: 'error' } })
    t.match(await device.ask('GET', `/${id}/modules/numbers/constructor`), { status: 500, json: { status: 'error' } })
    t.match(await device.ask('PUT', `/${id}/modules/numbers/add1?n=1`), { status: 404 })
  })
})

t.test('files', async t => {
  const origin = await startOrigin(t, {})
  const device = await startDevice(t)
  const form = { method: 'post', execution: ['picture'], output: ['negative'] }
  await device.ask('POST', '//deploy', documentOf({ name: 'picture', bytes: await translate('picture'), origin, functions: { invert: form } }))
  const picture = gradient(300, 200)
  const { entry } = await device.run(`/${id}/modules/picture/invert`, { picture })

  await t.test('come back byte for byte, by each of their paths', async t => {
    t.match(entry, { success: true, result: [null, ['negative']] })
    const [own = ''] = entry.outputs ?? []
    const header = Buffer.from(picture).lastIndexOf('255\n', 60) + 4
    const expected = Buffer.from(picture.map((byte, at) => at < header ? byte : 255 - byte))
    for (const path of [own, '/module_results/picture/negative', `/${id}/modules/picture/invert/negative`]) {
      const { status, bytes, headers } = await device.ask('GET', path)
      t.equal(status, 200, path)
      t.equal(headers.get('content-type'), 'application/octet-stream')
      t.ok(bytes.equals(expected))
    }
  })
  await t.test('are refused under names that nothing has said', async t => {
    for (const name of ['../picture', 'other', '/etc/passwd']) {
      t.match((await device.run(`/${id}/modules/picture/invert`, { picture, [name]: 'x' })).entry, { success: false, result: /Unexpected input file/ }, name)
    }
    t.match((await device.run(`/${id}/modules/picture/invert`, {})).entry, { success: false, result: /picture is missing/ })
  })
  await t.test('of another device cannot be reached by a path', async t => {
    for (const path of ['/module_results/picture/..%2f..%2fdeployments', '/module_results/..%2f../x', `/request-history/${encodeURIComponent(entry.request_id)}/..%2f..%2fpackage.json`, '/%ff']) {
      t.ok([400, 404].includes((await device.ask('GET', path)).status), path)
    }
  })
  await t.test('that are too large are refused at once', async t => {
    const small = await startDevice(t, { AGENT_MAX_FILE_MB: '1', INSTANCE_PATH: t.testdir() })
    const large = new FormData()
    large.set('picture', new Blob([new Uint8Array(2 * 1024 * 1024)]), 'file')
    const refused = await small.ask('POST', `/${id}/modules/picture/invert`, large).then(({ status }) => status, () => 413)
    t.equal(refused, 413)
  })
})

t.test('modules see no environment, no other files, and no host but what is told', async t => {
  const origin = await startOrigin(t, {})
  const device = await startDevice(t)
  const wasi = (name: string, types: string) => `(import "wasi_snapshot_preview1" "${name}" (func $${name} (param ${types}) (result i32)))`
  const bytes = await translated(`(module
    ${wasi('environ_sizes_get', 'i32 i32')} ${wasi('path_open', 'i32 i32 i32 i32 i32 i64 i64 i32 i32')} ${wasi('fd_write', 'i32 i32 i32 i32')} ${wasi('fd_allocate', 'i32 i64 i64')} ${wasi('fd_seek', 'i32 i64 i32 i32')}
    (import "sys" "println" (func $println (param i32)))
    (import "sys" "millis" (func $millis (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 100) "../secretsecret")
    (func (export "environment") (result i32) (drop (call $environ_sizes_get (i32.const 0) (i32.const 4))) (i32.load (i32.const 0)))
    (func $open (param $at i32) (param $size i32) (param $flags i32) (result i32)
      (call $path_open (i32.const 3) (i32.const 0) (local.get $at) (local.get $size) (local.get $flags) (i64.const -1) (i64.const -1) (i32.const 0) (i32.const 8)))
    (func (export "outside") (result i32) (call $open (i32.const 100) (i32.const 9) (i32.const 0)))
    (func (export "allocate") (result i32) (drop (call $open (i32.const 103) (i32.const 6) (i32.const 1))) (call $fd_allocate (i32.load (i32.const 8)) (i64.const 0) (i64.const 1099511627776)))
    (func (export "far") (result i32)
      (drop (call $open (i32.const 103) (i32.const 6) (i32.const 1)))
      (drop (call $fd_seek (i32.load (i32.const 8)) (i64.const 1099511627776) (i32.const 0) (i32.const 16)))
      (i32.store (i32.const 24) (i32.const 100)) (i32.store (i32.const 28) (i32.const 4))
      (call $fd_write (i32.load (i32.const 8)) (i32.const 24) (i32.const 1) (i32.const 16)))
    (func (export "tell") (result i32) (call $println (i32.const 77)) (i32.ge_s (call $millis) (i32.const 0))))`)
  const functions = { environment: {}, outside: {}, allocate: {}, far: {}, tell: {} }
  t.equal((await device.ask('POST', '/deploy', documentOf({ name: 'probe', bytes, origin, functions }))).status, 200)
  const result = async (func: string) => (await device.run(`/${id}/modules/probe/${func}`)).entry.result

  t.strictSame(await result('environment'), ['0', null], 'no variable')
  t.strictSame(await result('outside'), ['76', null], 'not capable')
  t.strictSame(await result('allocate'), ['22', null], 'F29: file too large')
  t.strictSame(await result('far'), ['22', null], 'F29: file too large')
  await device.ask('POST', '/register', { url: origin.url })
  const logged = origin.next('/device/logs')
  t.strictSame(await result('tell'), ['1', null])
  const line = JSON.parse(new URLSearchParams((await logged).body).get('logData') ?? '') as unknown
  t.match(line, { loglevel: 'INFO', message: '77\n', deviceName: 'device', deployment_id: id, module_name: 'probe', funcName: 'tell' })
})
