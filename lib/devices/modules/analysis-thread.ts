// Looks at modules in a thread, one after the other: reads what it needs and gives, and has the engine check that it is valid. Nothing of it is ever run.
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'
import { parentPort } from 'node:worker_threads'
import { DevicesError } from '../devices-error.ts'
import { begun } from './analysis-messages.ts'
import type { AnalysisJob, AnalysisOutcome } from './analysis-messages.ts'
import { analyse } from './analysis.ts'
import { broken } from './binary.ts'

/** The part of the JavaScript interface that the types of Node leave out. https://webassembly.github.io/spec/js-api/#dom-webassembly-validate */
const engine = WebAssembly as unknown as { validate (bytes: Uint8Array): boolean }

function lookAtModule ({ file, largest }: AnalysisJob): AnalysisOutcome {
  const descriptor = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW)
  try {
    const { size } = fstatSync(descriptor)
    if (size > largest) throw new DevicesError('TOO_LARGE', `The module has more than ${largest} bytes.`)
    const bytes = readFileSync(descriptor)
    const analysis = analyse(bytes)
    if (!engine.validate(bytes)) throw broken('it is not valid, or uses what engines do not know yet')
    return { kind: 'analysed', analysis }
  } catch (error) {
    // Errors that cross to another process lose what they are.
    if (error instanceof DevicesError) return { kind: 'refused', code: error.code, message: error.message }
    throw error
  } finally {
    closeSync(descriptor)
  }
}

parentPort?.on('message', (job: AnalysisJob) => {
  parentPort?.postMessage(begun)
  parentPort?.postMessage(lookAtModule(job))
})
