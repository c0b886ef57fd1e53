// Requests answered, with sessions and worker processes as a test plays them.
import fc from 'fast-check'
import t from 'tap'
import { DiffractionError } from '../../../../lib/diffraction/diffraction-error.ts'
import { createAnswers } from '../../../../lib/diffraction/jobs/answers.ts'
import type { AnswersOptions } from '../../../../lib/diffraction/jobs/answers.ts'
import { createBlankPictures } from '../../../../lib/diffraction/jobs/blank.ts'
import { performJob } from '../../../../lib/diffraction/jobs/perform.ts'
import { readJob } from '../../../../lib/diffraction/jobs/job.ts'
import { readView } from '../../../../lib/diffraction/jobs/view.ts'
import type { PerformOptions } from '../../../../lib/diffraction/session.ts'
import { sized } from '../../../long.ts'

const session = { pid: 'p', user: 'somebody', role: undefined, esafs: [1] }

type Perform = (task: string, ask: Record<string, unknown>, options: PerformOptions) => unknown

function optionsWith (perform: Perform, more: Partial<AnswersOptions> = {}): AnswersOptions {
  return {
    sessions: { find: async () => session, isTroubled: () => false, close: async () => {} },
    workers: {
      perform: async (_identity, task, ask, options) => await perform(task, { ...ask }, options) as never,
      numbers: () => ({ processes: 0, inFlight: 0, restarts: 0, frames: { bytes: { frames: 0, masks: 0, reduced: 0 }, decoded: 0, reduced: 0, hits: 0, sharedHits: 0 } }),
      close: async () => {}
    },
    identityOf: ({ user }, esaf) => ({ key: `${esaf}:${user}`, user, esaf }),
    timeout: 5000,
    indexTimeout: 10_000,
    legacy: false,
    maxPixels: 1_000_000,
    most: 2,
    ...more
  }
}

const request = (members: object) => Buffer.from(JSON.stringify({ pid: 'p', esaf: 1, ...members }))
const textOf = (frames: Uint8Array[]) => frames.map(frame => Buffer.from(frame).toString())

t.test('those beyond the bound are told to come again, and have no part in it', async t => {
  const go = Promise.withResolvers<void>()
  const told: string[] = []
  const answers = createAnswers(optionsWith(async () => {
    await go.promise
    throw new DiffractionError('FILE_MISSING', 'gone')
  }, { onAnswer: (type, result, seconds) => told.push(`${type} ${result} ${seconds < 60}`) }))
  const first = [1, 2].map(() => answers.answer(request({ type: 'pixel', fn: 'a' })))
  t.equal(answers.inFlight, 2)
  t.match(textOf(await answers.answer(request({ type: 'pixel', fn: 'a', errors: 'code' }))), [/^isWorker\.c isWorker: /, '"code":"TUTTI_DIFFRACTION_BUSY"'])
  go.resolve()
  t.same(await Promise.all(first.map(async each => textOf(await each))), [['isWorker.c isWorker: gone'], ['isWorker.c isWorker: gone']])
  t.equal(answers.inFlight, 0)
  t.same(told, ['pixel BUSY true', 'pixel FILE_MISSING true', 'pixel FILE_MISSING true'])
  t.match(textOf(await answers.answer(request({ type: 'constructor' }))), [/Unknown job type/])
  t.equal(told.at(-1), 'none REQUEST true', 'nobody names a metric')
})

t.test('indexing', async t => {
  const published: unknown[] = []
  const asked: unknown[] = []
  let result = '{"b":1.0,"a":[2]}'
  let stderr = ''
  const { answer } = createAnswers(optionsWith((_task, ask, { onProgress, timeout }) => {
    asked.push(ask, timeout > 5000)
    onProgress?.('half')
    return { result, stderr }
  }, {
    progress: {
      open (about) {
        published.push(about)
        return { tell: text => published.push(text), end: async () => { published.push('end') } }
      }
    }
  }))
  const index = async (more: object = {}) => textOf(await answer(request({ type: 'index', fn1: 'a.h5', fn2: 'a.h5', frame1: 1, frame2: 90, ...more })))

  t.same(await index(), ['', '{"esaf":1,"fn1":"a.h5","fn2":"a.h5","frame1":1,"frame2":90,"pid":"p","type":"index"}', '{"a":[2],"b":1.0}'])
  t.same(asked, [{ files: ['a.h5', 'a.h5'], frames: [1, 90] }, true], 'with the time of the program')
  t.same(published, [{ publisher: undefined, address: undefined, port: 0, tag: undefined }, 'half', 'end'])
  stderr = 'a complaint'
  t.equal((await index())[2], '{"a":[2],"b":1.0,"stderr":"a complaint"}')
  result = ''
  t.equal((await index())[2], '')
  result = 'Traceback'
  t.match(await index(), [/^isIndex\.c isIndex: .*no JSON/])
  published.length = 0
  await index({ progressPublisher: 'channel', progressAddress: '127.0.0.1', progressPort: 6379, tag: 'x' })
  t.same(published, [{ publisher: 'channel', address: '127.0.0.1', port: 6379, tag: 'x' }, 'half', 'end'], 'it ends also where indexing fails')
})

t.test('a job takes no longer than its time, all of its tasks together', async t => {
  const times: number[] = []
  const options = optionsWith((task, _ask, { timeout }) => {
    times.push(timeout)
    return task === 'describe' ? { width: 200, height: 100 } : Promise.reject(new DiffractionError('BUSY', 'full'))
  })
  await t.rejects(performJob(options, readJob(request({ type: 'jpeg', fn: 'a', xsize: 64, keepAspect: true })), session, { timeout: 1000 }), { code: 'BUSY' })
  t.equal(times.length, 2)
  t.ok(times.every(time => time > 0 && time <= 1000) && (times[1] ?? 0) <= (times[0] ?? 0))
})

t.test('the token is left out of what is sent back where that is wanted', async t => {
  const options = optionsWith(() => ({ count: 7 }))
  const { job, result } = await performJob(options, readJob(request({ type: 'pixel', fn: 'a' })), session, { hidePid: true })
  t.equal(job, '{"esaf":1,"fn":"a","type":"pixel"}')
  t.equal(result, '{"count":7}')
})

t.test('files are not read for nobody', async t => {
  const options = optionsWith(() => t.fail('a worker was asked'))
  await t.rejects(performJob(options, readJob(request({ type: 'pixel', fn: 'a', esaf: 0 })), session), { code: 'NOT_AUTHORIZED' })
})

t.test('a server that ends does not wait', async t => {
  const ending = AbortSignal.abort()
  const { answer } = createAnswers(optionsWith(() => new Promise(() => {})))
  t.match(textOf(await answer(request({ type: 'pixel', fn: 'a', errors: 'code' }), ending)), [/./, /CANCELLED/])
})

t.test('F30: whatever comes is answered, and within bounds', async t => {
  const { answer } = createAnswers(optionsWith(() => { throw new DiffractionError('FILE_MISSING', 'There is none.') }, { most: 1000 }))
  const isAnswer = (frames: Uint8Array[]) => frames.length >= 1 && (frames[0]?.length ?? 0) <= 4095 && (frames[0]?.length !== 0 || frames.length >= 3)
  await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async bytes => isAnswer(await answer(bytes))), { numRuns: sized(200, 20_000) })
  const names = ['fn', 'fn1', 'frame', 'xsize', 'ysize', 'zoom', 'segcol', 'segrow', 'contrast', 'wval', 'label', 'labelHeight', 'mode', 'percentiles', 'rings', 'maskColour', 'frames', 'keepAspect', 'quality', 'tag', 'bins', 'limit', 'x']
  const types = ['jpeg', 'spots', 'index', 'meta', 'pixel', 'histogram', 'radial', 'findspots', 'cancel']
  // Small pictures, that the blank ones among them are quick to draw.
  const value = fc.oneof(fc.integer({ min: -100, max: 100 }), fc.double(), fc.string(), fc.jsonValue({ maxDepth: 2 }))
  const members = fc.tuple(fc.constantFrom(...types), fc.dictionary(fc.constantFrom(...names), value, { maxKeys: 8 }))
  await fc.assert(fc.asyncProperty(members, async ([type, more]) => isAnswer(await answer(request({ ...more, type })))), { numRuns: sized(300, 20_000) })
  t.equal(textOf(await answer(request({ type: 'meta', fn: 'a' })))[0], 'isWorker.c isWorker: There is none.', 'and the next one too')
})

t.test('blank pictures are drawn a few at a time, and not at all for those who have given up', async t => {
  const drawBlank = createBlankPictures(1)
  const { drawing } = readView({})
  const cancel = new AbortController()
  const first = drawBlank(64, drawing, undefined)
  const second = drawBlank(64, drawing, cancel.signal)
  cancel.abort()
  t.match(await first, { width: 64, height: 64, mediaType: 'image/jpeg' })
  await t.rejects(second, { code: 'CANCELLED' })
})
