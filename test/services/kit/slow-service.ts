// A service for tests of `serve`: it tells the process that started it when work begins, and finishes when that process says so.
import { once } from 'node:events'
import { Type } from '@sinclair/typebox'
import { preprocessor, serve } from '../../../services/kit/index.ts'

await serve(preprocessor({
  service: 'slow',
  name: 'org.example.slow',
  data: Type.Object({}),
  async warmUp () {
    if (process.env.BREAK === 'warm-up') throw new Error('nothing to load')
  },
  async run () {
    if (process.env.BREAK === 'process') process.nextTick(() => { throw new Error('secret words') })
    process.send?.({ type: 'working' })
    await once(process, 'message')
    return {}
  }
}))
