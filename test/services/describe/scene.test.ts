// Pictures in words: what, how many, where, how big, most important first.
import t from 'tap'
import { describeScene } from '../../../services/describe/scene.ts'
import type { DetectedObject } from '../../../schemas/graphics/preprocessors/object-detection.ts'

const thing = (type: string, dimensions: [number, number, number, number], confidence = 0.9): DetectedObject => ({ ID: 0, type, dimensions, confidence })
const en = (...things: DetectedObject[]) => describeScene(things, 'en')?.text
const fr = (...things: DetectedObject[]) => describeScene(things, 'fr')?.text

t.test('people come first, with place and size, and the same things are counted together', async (t) => {
  const scene = [thing('cup', [0.05, 0.7, 0.15, 0.85]), thing('person', [0.2, 0.1, 0.8, 0.9]), thing('cup', [0.2, 0.72, 0.3, 0.87])]
  t.equal(en(...scene), 'A person in the centre, taking up about half of the picture; two cups at the bottom left.')
  t.equal(fr(...scene), 'Une personne au centre, occupant environ la moitié de l’image ; deux tasses en bas à gauche.')
  t.equal(describeScene(scene, 'en')?.title, 'A person and two cups')
})

t.test('what is doubtful is hedged and comes last', async (t) => {
  const scene = [thing('dog', [0, 0.4, 0.2, 0.6], 0.4), thing('cat', [0.8, 0.4, 1, 0.6], 0.6)]
  t.equal(en(...scene), 'A cat on the right; possibly a dog on the left.')
  t.equal(fr(...scene), 'Un chat à droite ; peut-être un chien à gauche.')
  t.equal(en(thing('cup', [0, 0, 0.2, 0.2]), thing('cup', [0.1, 0.22, 0.3, 0.3], 0.3)), 'A cup (possibly two) at the top left.')
})

t.test('a doubtful second name for the same thing is not said', async (t) => {
  t.equal(en(thing('cat', [0.4, 0.4, 0.6, 0.6]), thing('dog', [0.41, 0.4, 0.6, 0.6], 0.3)), 'A cat in the centre.')
  t.equal(en(thing('cat', [0.4, 0.4, 0.6, 0.6]), thing('cat', [0.41, 0.4, 0.6, 0.6], 0.8)), 'A cat in the centre.', 'nor the same thing twice')
})

t.test('things in different places are placed one by one, many of them as a whole', async (t) => {
  t.equal(en(thing('bench', [0, 0.8, 0.2, 0.9]), thing('bench', [0.8, 0.8, 1, 0.9])), 'Two benches, one at the bottom left and one at the bottom right.')
  t.equal(fr(thing('chair', [0, 0.8, 0.2, 0.9]), thing('chair', [0.8, 0.8, 1, 0.9])), 'Deux chaises, une en bas à gauche et une en bas à droite.')
  const row = Array.from({ length: 8 }, (_, index) => thing('car', [index / 8, 0.8, index / 8 + 0.1, 0.9]))
  t.equal(en(...row), 'Eight cars along the bottom.')
  t.equal(fr(...row), 'Huit voitures tout le long du bas.')
  const everywhere = Array.from({ length: 16 }, (_, index) => thing('bird', [index % 4 / 4, Math.floor(index / 4) / 4, index % 4 / 4 + 0.05, Math.floor(index / 4) / 4 + 0.05]))
  t.equal(en(...everywhere), 'About 15 birds spread across the picture.')
})

t.test('sizes are said only where they say something', async (t) => {
  t.equal(en(thing('bed', [0, 0, 1, 0.98])), 'A bed, filling almost the whole picture.')
  t.equal(en(thing('clock', [0.5, 0.5, 0.55, 0.55])), 'A clock in the centre, very small.')
  t.equal(fr(thing('clock', [0.5, 0.5, 0.55, 0.55])), 'Une horloge au centre, très petite.')
  t.equal(fr(thing('bird', [0.5, 0.5, 0.54, 0.54]), thing('bird', [0.56, 0.5, 0.6, 0.54])), 'Deux oiseaux au centre, très petits.')
  t.equal(en(thing('bed', [0, 0, 0.7, 1]), thing('bed', [0.3, 0, 1, 1])), 'Two beds, together filling almost the whole picture.', 'shared area counts once')
})

t.test('of many kinds of things the important are told and the others named', async (t) => {
  const kinds = ['person', 'car', 'dog', 'cat', 'bus', 'train', 'boat', 'bird']
  const text = en(...kinds.map((type, index) => thing(type, [0.1, 0.1, 0.2 + (8 - index) / 100, 0.3])))
  t.match(text, /^A person .*\. Also a boat and a bird\.$/)
})

t.test('odd boxes, strange names and long lists do no harm', async (t) => {
  t.equal(describeScene([], 'en'), undefined)
  t.equal(en(thing('cup', [0.9, 0.9, 0.7, 0.7])), 'A cup at the bottom right.')
  t.equal(en(thing('__proto__', [0, 0, 0.2, 0.2])), 'A proto at the top left.')
  const hostile = Array.from({ length: 20_000 }, (_, index) => thing(`type ${index}`, [0, 0, (index % 100) / 100, 1], index % 2 / 2 + 0.2))
  t.ok((en(...hostile) ?? '').length < 20_000)
})
