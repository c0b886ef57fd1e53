// Which of the lines that Tesseract reports are kept, and in which order.
import t from 'tap'
import { readableLines } from '../../../services/ocr/lines.ts'
import type { RecognizedLine } from '../../../services/ocr/recognition.ts'

const page = { width: 1000, height: 500 }

function line (text: string, confidence = 95, box: RecognizedLine['box'] = [0, 0, 100, 20]): RecognizedLine {
  return { text, confidence, box }
}

const texts = (...lines: RecognizedLine[]) => readableLines(lines, page).map(({ text }) => text)

t.test('boxes are left, top, width and height in fractions of the picture', async t => {
  t.strictSame(readableLines([line('words', 95, [250, 50, 750, 100])], page), [{ text: 'words', bounding_box: [0.25, 0.1, 0.5, 0.1] }])
})

t.test('boxes that reach beyond the picture end at its edge', async t => {
  const [first] = readableLines([line('words', 95, [-5, 490, 1200, 520])], page)
  t.strictSame(first?.bounding_box, [0, 0.98, 1, 0.02])
})

t.test('lines of low confidence, and lines without letters or digits, are dropped', async t => {
  t.strictSame(texts(line('words'), line('guess', 74), line('— ~ |', 99), line('', 99), line('!?', 99)), ['words'])
})

t.test('a short line needs more confidence, and company', async t => {
  t.strictSame(texts(line('Sales'), line('Q1', 90), line('7', 88), line('z', 87)), ['Sales', 'Q1', '7'])
  t.strictSame(texts(line('4', 99)), [], 'a lone character in a photograph is no text')
  t.strictSame(texts(line('IN', 93)), [])
  t.strictSame(texts(line('42', 96)), ['42'], 'the number on a door is')
})

t.test('text is tidied', async t => {
  t.strictSame(texts(line(' | Where\n is  it ? — ')), ['Where is it ?'])
  t.strictSame(texts(line('e\u0301te\u0301\u0007')), ['été'])
})

t.test('lines are read row by row, from left to right', async t => {
  t.strictSame(texts(
    line('below', 95, [0, 100, 100, 120]),
    line('top right', 95, [500, 8, 600, 30]),
    line('top left', 95, [0, 12, 100, 32]),
    line('middle', 95, [300, 50, 400, 70])
  ), ['top left', 'top right', 'middle', 'below'])
})

t.test('there is a limit to the number of lines', async t => {
  t.equal(readableLines(Array.from({ length: 2000 }, (_, index) => line(`line ${index}`, 95, [0, index, 10, index + 1])), page).length, 500)
})
