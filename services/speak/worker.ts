// The worker thread of the speech synthesiser: one text at a time becomes a WAV file. A run of espeak-ng blocks its thread for a tenth of a second to some seconds.
import { workerData } from 'node:worker_threads'
import espeak from 'espeak-ng'
import { move } from 'piscina'

/** One text to be spoken. */
export interface SpeechTask {
  text: string
  /** Name of an espeak-ng voice: `en`, `fr`. */
  voice: string
}

const input = 'speech.txt'
const output = 'speech.wav'

// Piscina hands a pair over: its own settings, then ours.
function compiled (): WebAssembly.Module {
  const own: unknown = Array.isArray(workerData) ? workerData[1] : workerData
  if (isModule(own)) return own
  throw new TypeError('The speech worker was started without the compiled synthesiser')
}

function isModule (value: unknown): value is WebAssembly.Module {
  return Object.prototype.toString.call(value) === '[object WebAssembly.Module]'
}

/** Speaks one text and gives the bytes of the WAV file as the synthesiser wrote them. Throws what espeak-ng complains of. */
export default async function speak ({ text, voice }: SpeechTask): Promise<Uint8Array> {
  const module = compiled()
  const complaints: string[] = []
  const { promise: failed, reject } = Promise.withResolvers<never>()
  // One instance a run: the command line has an end, and its memory goes with it.
  const run = espeak({
    // The text goes by a file: an argument may not begin with a dash. -b 1: it is UTF-8.
    arguments: ['-v', voice, '-b', '1', '-w', output, '-f', input],
    preRun: [({ FS }) => { FS.writeFile(input, text) }],
    print: (line) => { complaints.push(line) },
    printErr: (line) => { complaints.push(line) },
    instantiateWasm (imports, done) {
      WebAssembly.instantiate(module, imports).then((instance) => done(instance, module)).catch(reject)
      return {}
    }
  })
  const { FS } = await Promise.race([run, failed])
  if (complaints.length > 0) throw new Error(`espeak-ng: ${complaints.slice(0, 3).join(' ').slice(0, 200)}`)
  return move(FS.readFile(output)) as Uint8Array
}
