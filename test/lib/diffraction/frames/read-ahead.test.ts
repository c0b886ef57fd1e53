// What is read ahead: the frames on both sides of the one that is looked at, by frame number or by file name.
import { setImmediate as soon } from 'node:timers/promises'
import t from 'tap'
import { createReadAhead, neighboursOf } from '../../../../lib/diffraction/frames/read-ahead.ts'

t.test('neighbours in a file with several frames', async t => {
  const frames = (frame: number, reach: number) => neighboursOf({ file: 'a_1.h5', frame }, 5, reach).map(each => each.frame)
  t.strictSame(frames(3, 1), [4, 2])
  t.strictSame(frames(1, 2), [2, 3])
  t.strictSame(frames(5, 2), [4, 3])
  t.strictSame(frames(3, 0), [])
})

t.test('neighbours by the number in the name of a file', async t => {
  const cases: Record<string, string[]> = {
    'data/a_0001.cbf': ['data/a_0002.cbf', 'data/a_0000.cbf'],
    'a_1_099.img': ['a_1_100.img', 'a_1_098.img'],
    'a_99.img': ['a_98.img'],
    'a_00.img': ['a_01.img'],
    'test.0001': ['test.0002', 'test.0000'],
    'x7.mar2300': ['x8.mar2300', 'x6.mar2300'],
    '12/a.img': [],
    'a.img': [],
    '': []
  }
  for (const [file, expected] of Object.entries(cases)) t.strictSame(neighboursOf({ file, frame: 1 }, 1, 1), expected.map(file => ({ file, frame: 1 })), file)
  const begun = performance.now()
  neighboursOf({ file: '1'.repeat(4096) + '/', frame: 1 }, 1, 1)
  t.ok(performance.now() - begun < 1000)
})

t.test('one frame at a time is read, while there is nothing else to do, and what is no longer wanted is not', async t => {
  let isIdle = true
  const read: number[] = []
  const steps: PromiseWithResolvers<void>[] = []
  const ahead = createReadAhead({
    isIdle: () => isIdle,
    async read ({ frame }) {
      read.push(frame)
      const step = Promise.withResolvers<void>()
      steps.push(step)
      await step.promise
    }
  })
  const sources = [1, 2, 3].map(frame => ({ file: 'a', frame }))
  ahead.want(sources)
  ahead.go()
  ahead.go()
  t.strictSame(read, [1])
  steps[0]?.reject(new Error('missing'))
  await soon()
  t.strictSame(read, [1, 2], 'one that fails does not end it')
  isIdle = false
  steps[1]?.resolve()
  await soon()
  t.strictSame(read, [1, 2])
  ahead.want([])
  isIdle = true
  ahead.go()
  t.strictSame(read, [1, 2])
})
