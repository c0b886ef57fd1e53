// A service for tests of the log: whatever it is asked it throws, with everything that it was asked in the words of the error; asked in French
// it answers with the same words where a number should be.
import { Type } from '@sinclair/typebox'
import { preprocessor, serve } from '../../../services/kit/index.ts'

await serve(preprocessor({
  service: 'leaky',
  name: 'org.example.leaky',
  data: Type.Object({ cup: Type.Number() }),
  async run (request) {
    const words = JSON.stringify(request)
    if (request.language === 'fr') return { cup: words } as unknown as { cup: number }
    throw new TypeError(`This cannot be read:\n    at ${words}`, { cause: Object.assign(new Error(words), { code: words }) })
  }
}))
