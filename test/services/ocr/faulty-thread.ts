// A thread for tests of the recogniser: it does to itself whatever its picture says.
import type { RecognitionTask, RecognizedLine } from '../../../services/ocr/recognition.ts'

export default async function (task: RecognitionTask): Promise<RecognizedLine[]> {
  if (task.kind === 'load') return []
  const text = Buffer.from(task.png).toString()
  if (text === 'hang') while (true);
  if (text === 'throw') throw new Error('thrown')
  if (text === 'throw later') {
    return await new Promise(() => setImmediate(() => { throw new Error('thrown later') }))
  }
  if (text === 'exit') process.exit(3)
  return [{ text, confidence: 100, box: [0, 0, 1, 1] }]
}
