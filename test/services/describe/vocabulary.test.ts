// Names of things in two languages: number, gender, article, elision.
import t from 'tap'
import { countedName, genderOf, knownTypes, objectName, typeKey } from '../../../services/describe/vocabulary.ts'

t.test('all 80 COCO classes have a name in both languages, in both numbers', async (t) => {
  t.equal(knownTypes.length, 80)
  t.equal(new Set(knownTypes).size, 80)
  for (const type of knownTypes) {
    for (const count of [1, 2]) {
      t.match(objectName(type, 'en', count), /^[a-z][a-z ]+$/, `${type} × ${count}`)
      t.match(objectName(type, 'fr', count), /^[\p{Ll}][\p{Ll} ’-]+$/u, `${type} × ${count}`)
    }
  }
})

t.test('English nouns take the right article and plural', async (t) => {
  const said: Array<[string, number, string]> = [
    ['person', 1, 'a person'], ['person', 2, 'two people'], ['orange', 1, 'an orange'], ['umbrella', 1, 'an umbrella'], ['elephant', 3, 'three elephants'], ['sheep', 2, 'two sheep'],
    ['knife', 2, 'two knives'], ['mouse', 2, 'two computer mice'], ['scissors', 1, 'a pair of scissors'], ['skis', 2, 'two pairs of skis'], ['bus', 10, 'ten buses'], ['book', 13, 'about 15 books'],
    ['uniform', 1, 'a uniform'], ['hourglass', 1, 'an hourglass'], ['traffic_cone', 2, 'two traffic cones'], ['box', 2, 'two boxes'], ['city', 2, 'two cities'], ['toy', 2, 'two toys'], ['', 1, 'an object']
  ]
  for (const [type, count, words] of said) t.equal(countedName(type, 'en', count), words)
})

t.test('French nouns agree in gender and number', async (t) => {
  const said: Array<[string, number, string]> = [
    ['person', 1, 'une personne'], ['person', 2, 'deux personnes'], ['laptop', 1, 'un ordinateur portable'], ['laptop', 2, 'deux ordinateurs portables'], ['bird', 2, 'deux oiseaux'],
    ['horse', 3, 'trois chevaux'], ['kite', 2, 'deux cerfs-volants'], ['toaster', 2, 'deux grille-pain'], ['bear', 2, 'deux ours'], ['clock', 1, 'une horloge'], ['mouse', 1, 'une souris d’ordinateur'],
    ['hot dog', 2, 'deux hot-dogs'], ['person', 22, 'environ 20 personnes'], ['traffic cone', 1, 'un élément « traffic cone »'], ['traffic cone', 2, 'deux éléments « traffic cone »'], ['', 2, 'deux objets']
  ]
  for (const [type, count, words] of said) t.equal(countedName(type, 'fr', count), words)
  t.equal(objectName('person', 'fr', 0), 'personne', 'zero is singular in French')
  t.equal(objectName('person', 'en', 0), 'people', 'and plural in English')
  t.equal(genderOf('car'), 'f')
  t.equal(genderOf('something else'), 'm')
})

t.test('other spellings of a class are the same class', async (t) => {
  t.equal(objectName('Sofa', 'fr'), 'canapé')
  t.equal(typeKey('diningtable'), typeKey('Dining_Table'))
  t.equal(objectName('TVmonitor', 'en'), 'television')
})

t.test('the words of a strange detector are made harmless', async (t) => {
  t.equal(objectName('a\u0000b\n c', 'en'), 'a b c')
  t.ok(objectName('x'.repeat(1e6), 'en').length <= 60)
  t.equal(objectName('__proto__', 'en'), 'proto')
  t.equal(objectName('constructor', 'fr'), 'élément « constructor »')
})
