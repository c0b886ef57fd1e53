// Descriptions of modules, as JSON or as fields of a form, become the same; what is wrong in them is said in words, and what they give is valid OpenAPI.
import { Validator } from '@seriousme/openapi-schema-validator'
import fc from 'fast-check'
import t from 'tap'
import { DevicesError } from '../../../../lib/devices/devices-error.ts'
import { deploymentFiles, functionsOfForm, readFunctions } from '../../../../lib/devices/modules/describe.ts'
import { openapiOf } from '../../../../lib/devices/modules/openapi.ts'
import type { ExportedFunction, StoredFile } from '../../../../lib/devices/wasm-module.ts'
import { sized } from '../../../long.ts'

const file = (mediaType = 'application/octet-stream'): StoredFile => ({ sha256: '0'.repeat(64), size: 1, mediaType, originalName: 'x' })
const exports: ExportedFunction[] = [
  { name: 'add1', parameters: ['i32'], results: ['i32'] },
  { name: 'half', parameters: ['f32'], results: ['f32'] },
  { name: 'upper', parameters: [], results: ['i32'] },
  { name: 'wide', parameters: ['v128'], results: [] }
]
const described = { exports, files: new Map([['config', file()]]) }
const upper = {
  method: 'POST',
  parameters: [],
  output: 'integer',
  mounts: [
    { name: 'inFile', stage: 'execution' },
    { name: 'config', mediaType: 'image/png', stage: 'deployment' },
    { name: 'outFile', mediaType: 'image/jpeg', stage: 'output' }
  ]
}
const add1 = { method: 'GET', parameters: [{ name: 'param0', type: 'integer' }], output: 'integer' }

t.test('JSON, fields in brackets, short parameters and maps of indices say the same', async t => {
  const json = functionsOfForm([['functions', JSON.stringify({ add1, upper })]])
  const form = functionsOfForm([
    ['add1[method]', 'GET'], ['add1[param0]', 'integer'], ['add1[output]', 'integer'],
    ['upper[method]', 'post'], ['upper[output]', 'integer'],
    ['upper[mounts][0][name]', 'inFile'], ['upper[mounts][0][stage]', 'execution'],
    ['upper[mounts][1][name]', 'config'], ['upper[mounts][1][stage]', 'deployment'],
    ['upper[mounts][2][name]', 'outFile'], ['upper[mounts][2][mediaType]', 'image/jpeg'], ['upper[mounts][2][stage]', 'output']
  ])
  const expected = {
    add1: { method: 'get', parameters: [{ name: 'param0', type: 'integer' }], output: 'integer', mounts: {} },
    upper: {
      method: 'post',
      parameters: [],
      output: 'image/jpeg',
      mounts: {
        inFile: { mediaType: 'application/octet-stream', stage: 'execution' },
        config: { mediaType: 'application/octet-stream', stage: 'deployment' },
        outFile: { mediaType: 'image/jpeg', stage: 'output' }
      }
    }
  }
  t.strictSame(readFunctions(json, described), expected)
  t.strictSame(readFunctions(form, described), expected)
  t.strictSame(readFunctions({ add1: { ...add1, parameters: { 0: add1.parameters[0] } }, upper: { ...upper, mounts: { ...upper.mounts } } }, described), expected)
})

t.test('a file that came lends its media type to its mount, whatever was declared', async t => {
  const { upper: read } = readFunctions({ upper }, { exports, files: new Map([['inFile', file('image/png')], ['config', file('text/plain')]]) })
  t.match(read?.mounts, { inFile: { mediaType: 'image/png' }, config: { mediaType: 'text/plain' } })
  t.strictSame(Object.keys(deploymentFiles({ upper: read! }, new Map([['inFile', file()], ['config', file()], ['other', file()]]))), ['config'])
})

t.test('short parameters are in the order of their numbers, and what a function does not take may be there', async t => {
  const given = Object.fromEntries([10, 2, 1].map(number => [`param${number}`, 'float']))
  t.strictSame(readFunctions({ half: { method: 'get', output: 'float', ...given } }, described).half?.parameters.map(({ name }) => name), ['param1', 'param2', 'param10'])
})

t.test('what is wrong is refused in words', async t => {
  const wrong: Array<[unknown, RegExp]> = [
    [undefined, /no functions/], [[], /no functions/], [{}, /no functions/], ['x', /no functions/],
    [{ nowhere: add1 }, /does not export a function nowhere/],
    [{ add1: null }, /function add1/],
    [{ add1: { ...add1, method: 'PATCH' } }, /add1: method must be one of get, post, put, delete/],
    [{ add1: { ...add1, method: undefined } }, /method/],
    [{ add1: { ...add1, parameters: [] } }, /takes 1 parameters \(i32\), and 0 are described/],
    [{ add1: { ...add1, parameters: [{ name: 'x', type: 'string' }] } }, /parameters\.0\.type must be one of integer, float/],
    [{ add1: { ...add1, parameters: [{ name: 7, type: 'float' }] } }, /parameters\.0\.name must be string/],
    [{ add1: { ...add1, parameters: [add1.parameters[0], add1.parameters[0]] } }, /two parameters of one name/],
    [{ add1: { ...add1, output: 'anything' } }, /needs an output/],
    [{ add1: { ...add1, output: undefined } }, /needs an output/],
    [{ wide: { ...add1 } }, /type v128, which no device can give/],
    [{ upper: { ...upper, mounts: [...upper.mounts, upper.mounts[0]] } }, /two mounts of the name inFile/],
    [{ upper: { ...upper, mounts: [{ name: 'x', stage: 'never' }] } }, /stage must be one of deployment, execution, output/],
    ...['wasm', 'description', '../x', '..', 'a/b', 'a\\b', 'a\u0000b', '\u202e', ' ', '__proto__', 'x'.repeat(101)].map<[unknown, RegExp]>(name => [{ upper: { ...upper, mounts: [{ name, stage: 'execution' }] } }, /A mount/])
  ]
  for (const [functions, message] of wrong) t.throws(() => readFunctions(functions, described), { code: 'REQUEST', message }, JSON.stringify(functions)?.slice(0, 100))
  t.throws(() => functionsOfForm([['functions', '{']]), { code: 'REQUEST' })
  t.throws(() => functionsOfForm([['a[b]', '1'], ['a[b][c]', '1']]), { code: 'REQUEST' })
  t.throws(() => functionsOfForm([['a[b][c][d][e][f][g][h]', '1']]), { code: 'REQUEST' })
  t.throws(() => functionsOfForm([['functions', ' '.repeat(2 ** 21)]]), { code: 'TOO_LARGE' })
})

t.test('files of a deployment must have come, unless the first function of all makes them', async t => {
  const files = new Map<string, StoredFile>()
  t.throws(() => readFunctions({ upper }, { exports, files }), { code: 'REQUEST', message: 'Functions missing mounts: [["upper","config"]]' })
  const init = { method: 'post', output: 'integer', mounts: [{ name: 'config', stage: 'deployment' }] }
  t.ok(readFunctions({ upper, _wasmiot_init: init }, { exports, files }), 'it need not be exported either')
})

t.test('names of evil fame change nothing but themselves', async t => {
  const evil = '{"__proto__": {"method": "get", "output": "integer"}}'
  t.throws(() => readFunctions(functionsOfForm([['functions', evil]]), described), { code: 'REQUEST' })
  t.throws(() => readFunctions(functionsOfForm([['__proto__[method]', 'get']]), described), { code: 'REQUEST' })
  t.throws(() => readFunctions(functionsOfForm([['constructor[prototype][method]', 'get']]), described), { code: 'REQUEST' })
  t.equal(({} as Record<string, unknown>).method, undefined)
  const read = readFunctions({ constructor: { ...add1, parameters: [] } }, { ...described, exports: [{ name: 'constructor', parameters: [], results: [] }] })
  t.strictSame(Object.keys(read), ['constructor'], 'a function of this name is one like any other')
})

t.test('whatever comes is read, or refused by a code', async t => {
  const key = fc.oneof(fc.constantFrom('add1', 'upper', 'method', 'param0', 'mounts', '0', 'name', 'stage', '__proto__', 'constructor', '[', ']', ''), fc.string({ maxLength: 5 }))
  const name = fc.tuple(key, fc.array(key, { maxLength: 7 })).map(([first, rest]) => first + rest.map(each => `[${each}]`).join(''))
  const value = fc.oneof(fc.constantFrom('get', 'integer', 'float', 'outFile', 'output', 'execution', ''), fc.string({ maxLength: 5 }))
  const given = fc.oneof(fc.array(fc.tuple(name, value), { maxLength: 20 }).map(fields => () => functionsOfForm(fields)), fc.dictionary(key, fc.oneof(fc.jsonValue(), fc.dictionary(key, fc.jsonValue()))).map(functions => () => functions))
  fc.assert(fc.property(given, give => {
    try {
      readFunctions(give(), described)
    } catch (error) {
      return error instanceof DevicesError && ['REQUEST', 'TOO_LARGE'].includes(error.code)
    }
    return ({} as Record<string, unknown>).method === undefined
  }), { numRuns: sized(500, 50_000) })
  t.pass('none was anything else')
})

t.test('the document of a module is valid OpenAPI 3.0, floats and awkward names included', async t => {
  const functions = readFunctions({ add1, upper, half: { method: 'put', param0: 'float', output: 'float' } }, described)
  const document = openapiOf({ name: 'a {b}?#%', functions })
  const { valid, errors } = await new Validator().validate(structuredClone(document) as unknown as Record<string, unknown>)
  t.ok(valid, JSON.stringify(errors))
  t.strictSame(Object.keys(document), ['openapi', 'info', 'tags', 'servers', 'paths'])
  t.equal(document.info.title, 'a {b}?#%')
  t.match(openapiOf({ name: 'filer', functions }).paths, {
    '/{deployment}/modules/filer/add1': { get: { parameters: [{ name: 'param0', in: 'query', description: 'Auto-generated description', required: true, schema: { type: 'integer' } }], responses: { 200: { content: { 'application/json': { schema: { type: 'integer' } } } } } } },
    '/{deployment}/modules/filer/half': { put: { parameters: [{ schema: { type: 'number' } }], responses: { 200: { content: { 'application/json': { schema: { type: 'number', format: 'float' } } } } } } },
    '/{deployment}/modules/filer/upper': {
      post: {
        requestBody: {
          required: true,
          content: {
            'multipart/form-data': {
              schema: { type: 'object', properties: { inFile: { type: 'string', format: 'binary' }, config: { type: 'string', format: 'binary' } } },
              encoding: { inFile: { contentType: 'application/octet-stream' }, config: { contentType: 'application/octet-stream' } }
            }
          }
        },
        responses: { 200: { content: { 'image/jpeg': { schema: { type: 'string', format: 'binary' } } } } }
      }
    }
  })
})
