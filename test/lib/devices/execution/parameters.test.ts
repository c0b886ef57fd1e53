// Parameters: texts that stay as they are, and are refused before any device is asked.
import t from 'tap'
import { checkParameters, readParameters } from '../../../../lib/devices/execution/parameters.ts'
import { deploymentOn, deviceAt } from './setting.ts'

const device = deviceAt(1)
const deployment = deploymentOn(device, { parameters: { n: 'integer', f: 'number' } })
const endpoint = deployment.nodes[device.id]!.endpoints.fibo!.run!
const check = (n: string, f = '1') => checkParameters(deployment, endpoint, { f, n })

t.test('numbers are texts, in the order of the function', async t => {
  t.strictSame(check('9223372036854775807', '-1.5e-3'), [['n', '9223372036854775807'], ['f', '-1.5e-3']])
  for (const n of ['-9223372036854775808', '18446744073709551615', '+7', '007']) t.strictSame(check(n)[0], ['n', n])
  for (const f of ['1.', '.5', '7', 'inf', '-inf', 'nan', '1E400']) t.strictSame(check('1', f)[1], ['f', f])
})

t.test('what is no such number is refused', async t => {
  for (const n of ['', '1.5', '1e3', '18446744073709551616', '-9223372036854775809', '0x10', ' 1', '1&m=2', '9'.repeat(10_000)]) t.throws(() => check(n), { code: 'REQUEST' }, n.slice(0, 30))
  for (const f of ['', '.', 'e5', '1,5', '1'.repeat(10_000), 'Infinity!']) t.throws(() => check('1', f), { code: 'REQUEST' }, f.slice(0, 30))
})

t.test('one that is missing is told as the reference tells it', async t => {
  t.throws(() => checkParameters(deployment, endpoint, { n: '1' }), {
    code: 'REQUEST', details: { name: 'ParameterMissing', deployment: { id: deployment.id }, execPath: endpoint.path, param: 'f' }
  })
  t.throws(() => checkParameters(deploymentOn(device), { ...endpoint, request: { parameters: [{ name: 'toString', in: 'query', description: '', required: true, schema: { type: 'integer' } }] } }, {}), { code: 'REQUEST' }, 'not one of every object')
})

t.test('JSON gives texts digit by digit', async t => {
  t.strictSame(readParameters(Buffer.from('{"a": 9223372036854775807, "b": "x", "c": 1.0, "d": true, "e": null, "f": [9007199254740993]}')), {
    a: '9223372036854775807', b: 'x', c: '1.0', d: 'true', f: '[9007199254740993]'
  })
  const polluting = readParameters(Buffer.from('{"__proto__": {"x": 1}}'))
  t.ok(Object.hasOwn(polluting, '__proto__') && Object.getPrototypeOf(polluting) === Object.prototype)
  for (const body of ['', '[1]', '"a"', '{', `${'['.repeat(100_000)}${']'.repeat(100_000)}`]) t.throws(() => readParameters(Buffer.from(body)), { code: 'REQUEST' }, body.slice(0, 20))
})
