// What a profile of the server says, added up.
import t from 'tap'
import { diamond } from '../../bench/graph.ts'
import { addUp, leastTime } from '../../bench/profile.ts'

const root = new URL('../../', import.meta.url).href

/** A profile of stacks, each with its milliseconds, in order; a frame is a name and a file. */
function profileOf (stacks: Array<[milliseconds: number, ...frames: Array<[name: string, file?: string]>]>) {
  const nodes = stacks.flatMap(([, ...frames], stack) => frames.map(([functionName, file = ''], depth) => ({
    id: stack * 100 + depth,
    callFrame: { functionName, scriptId: '0', url: file.startsWith('node:') || file === '' ? file : root + file, lineNumber: 0, columnNumber: 0 },
    children: depth + 1 < frames.length ? [stack * 100 + depth + 1] : []
  })))
  return { nodes, startTime: 0, endTime: 0, samples: stacks.map(([, ...frames], stack) => stack * 100 + frames.length - 1), timeDeltas: stacks.map(([milliseconds]) => milliseconds * 1000) }
}

t.test('the innermost frame that shows a kind of work decides, and what is idle or too early does not count', async t => {
  const { total, byKind } = addUp(profileOf([
    [50, ['start', 'server.ts']],
    [1, ['render', 'routes/graphics/render.ts'], ['parse', 'lib/graphics/reading.ts']],
    [2, ['render', 'routes/graphics/render.ts'], ['isCertainlyBase64', 'lib/json/base64.ts'], ['write', 'node:buffer'], ['base64Write']],
    [4, ['post', 'lib/upstream.ts'], ['write', 'node:net'], ['writev']],
    [8, ['send', 'node_modules/fastify/lib/reply.js']],
    [16, ['(idle)']],
    [32, ['(garbage collector)']],
    [64, ['nextTick', 'node:internal/process/task_queues']]
  ]), 51)
  t.equal(total, 111)
  t.strictSame(Object.fromEntries(byKind), {
    'parse and validate texts': 1, 'check the picture': 2, 'write to sockets (kernel)': 4, 'HTTP server': 8, 'collect garbage': 32, 'streams, timers, promises of Node': 64
  })
})

t.test('the least time of a request grows with its bytes and its calls', async t => {
  t.equal(leastTime({ graph: diamond, bytes: 1e6 }).toFixed(2), '5.50')
  t.equal(leastTime({ graph: diamond, bytes: 0 }).toFixed(2), '0.80')
})
