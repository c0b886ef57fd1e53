// Names of things in pictures, in English and French: the 80 classes of the COCO data set (Lin et al., "Microsoft COCO: Common Objects in Context", 2014), and sane words for all others.
import { plainText } from '../line-charts/plain-text.ts'
import { numeral } from './grammar.ts'
import type { Gender, Language } from './grammar.ts'

type Entry = readonly [englishOne: string, englishMany: string, frenchOne: string, frenchMany: string, gender: Gender]

const names = new Map<string, Entry>(Object.entries({
  person: ['person', 'people', 'personne', 'personnes', 'f'],
  bicycle: ['bicycle', 'bicycles', 'vélo', 'vélos', 'm'],
  car: ['car', 'cars', 'voiture', 'voitures', 'f'],
  motorcycle: ['motorcycle', 'motorcycles', 'moto', 'motos', 'f'],
  airplane: ['airplane', 'airplanes', 'avion', 'avions', 'm'],
  bus: ['bus', 'buses', 'autobus', 'autobus', 'm'],
  train: ['train', 'trains', 'train', 'trains', 'm'],
  truck: ['truck', 'trucks', 'camion', 'camions', 'm'],
  boat: ['boat', 'boats', 'bateau', 'bateaux', 'm'],
  'traffic light': ['traffic light', 'traffic lights', 'feu de circulation', 'feux de circulation', 'm'],
  'fire hydrant': ['fire hydrant', 'fire hydrants', 'borne d’incendie', 'bornes d’incendie', 'f'],
  'stop sign': ['stop sign', 'stop signs', 'panneau d’arrêt', 'panneaux d’arrêt', 'm'],
  'parking meter': ['parking meter', 'parking meters', 'parcomètre', 'parcomètres', 'm'],
  bench: ['bench', 'benches', 'banc', 'bancs', 'm'],
  bird: ['bird', 'birds', 'oiseau', 'oiseaux', 'm'],
  cat: ['cat', 'cats', 'chat', 'chats', 'm'],
  dog: ['dog', 'dogs', 'chien', 'chiens', 'm'],
  horse: ['horse', 'horses', 'cheval', 'chevaux', 'm'],
  sheep: ['sheep', 'sheep', 'mouton', 'moutons', 'm'],
  cow: ['cow', 'cows', 'vache', 'vaches', 'f'],
  elephant: ['elephant', 'elephants', 'éléphant', 'éléphants', 'm'],
  bear: ['bear', 'bears', 'ours', 'ours', 'm'],
  zebra: ['zebra', 'zebras', 'zèbre', 'zèbres', 'm'],
  giraffe: ['giraffe', 'giraffes', 'girafe', 'girafes', 'f'],
  backpack: ['backpack', 'backpacks', 'sac à dos', 'sacs à dos', 'm'],
  umbrella: ['umbrella', 'umbrellas', 'parapluie', 'parapluies', 'm'],
  handbag: ['handbag', 'handbags', 'sac à main', 'sacs à main', 'm'],
  tie: ['tie', 'ties', 'cravate', 'cravates', 'f'],
  suitcase: ['suitcase', 'suitcases', 'valise', 'valises', 'f'],
  frisbee: ['frisbee', 'frisbees', 'frisbee', 'frisbees', 'm'],
  skis: ['pair of skis', 'pairs of skis', 'paire de skis', 'paires de skis', 'f'],
  snowboard: ['snowboard', 'snowboards', 'planche à neige', 'planches à neige', 'f'],
  'sports ball': ['ball', 'balls', 'ballon', 'ballons', 'm'],
  kite: ['kite', 'kites', 'cerf-volant', 'cerfs-volants', 'm'],
  'baseball bat': ['baseball bat', 'baseball bats', 'batte de baseball', 'battes de baseball', 'f'],
  'baseball glove': ['baseball glove', 'baseball gloves', 'gant de baseball', 'gants de baseball', 'm'],
  skateboard: ['skateboard', 'skateboards', 'planche à roulettes', 'planches à roulettes', 'f'],
  surfboard: ['surfboard', 'surfboards', 'planche de surf', 'planches de surf', 'f'],
  'tennis racket': ['tennis racket', 'tennis rackets', 'raquette de tennis', 'raquettes de tennis', 'f'],
  bottle: ['bottle', 'bottles', 'bouteille', 'bouteilles', 'f'],
  'wine glass': ['wine glass', 'wine glasses', 'verre à vin', 'verres à vin', 'm'],
  cup: ['cup', 'cups', 'tasse', 'tasses', 'f'],
  fork: ['fork', 'forks', 'fourchette', 'fourchettes', 'f'],
  knife: ['knife', 'knives', 'couteau', 'couteaux', 'm'],
  spoon: ['spoon', 'spoons', 'cuillère', 'cuillères', 'f'],
  bowl: ['bowl', 'bowls', 'bol', 'bols', 'm'],
  banana: ['banana', 'bananas', 'banane', 'bananes', 'f'],
  apple: ['apple', 'apples', 'pomme', 'pommes', 'f'],
  sandwich: ['sandwich', 'sandwiches', 'sandwich', 'sandwichs', 'm'],
  orange: ['orange', 'oranges', 'orange', 'oranges', 'f'],
  broccoli: ['head of broccoli', 'heads of broccoli', 'brocoli', 'brocolis', 'm'],
  carrot: ['carrot', 'carrots', 'carotte', 'carottes', 'f'],
  'hot dog': ['hot dog', 'hot dogs', 'hot-dog', 'hot-dogs', 'm'],
  pizza: ['pizza', 'pizzas', 'pizza', 'pizzas', 'f'],
  donut: ['donut', 'donuts', 'beignet', 'beignets', 'm'],
  cake: ['cake', 'cakes', 'gâteau', 'gâteaux', 'm'],
  chair: ['chair', 'chairs', 'chaise', 'chaises', 'f'],
  couch: ['couch', 'couches', 'canapé', 'canapés', 'm'],
  'potted plant': ['potted plant', 'potted plants', 'plante en pot', 'plantes en pot', 'f'],
  bed: ['bed', 'beds', 'lit', 'lits', 'm'],
  'dining table': ['table', 'tables', 'table', 'tables', 'f'],
  toilet: ['toilet', 'toilets', 'cuvette de toilettes', 'cuvettes de toilettes', 'f'],
  tv: ['television', 'televisions', 'téléviseur', 'téléviseurs', 'm'],
  laptop: ['laptop', 'laptops', 'ordinateur portable', 'ordinateurs portables', 'm'],
  mouse: ['computer mouse', 'computer mice', 'souris d’ordinateur', 'souris d’ordinateur', 'f'],
  remote: ['remote control', 'remote controls', 'télécommande', 'télécommandes', 'f'],
  keyboard: ['keyboard', 'keyboards', 'clavier', 'claviers', 'm'],
  'cell phone': ['mobile phone', 'mobile phones', 'téléphone portable', 'téléphones portables', 'm'],
  microwave: ['microwave oven', 'microwave ovens', 'four à micro-ondes', 'fours à micro-ondes', 'm'],
  oven: ['oven', 'ovens', 'four', 'fours', 'm'],
  toaster: ['toaster', 'toasters', 'grille-pain', 'grille-pain', 'm'],
  sink: ['sink', 'sinks', 'évier', 'éviers', 'm'],
  refrigerator: ['refrigerator', 'refrigerators', 'réfrigérateur', 'réfrigérateurs', 'm'],
  book: ['book', 'books', 'livre', 'livres', 'm'],
  clock: ['clock', 'clocks', 'horloge', 'horloges', 'f'],
  vase: ['vase', 'vases', 'vase', 'vases', 'm'],
  scissors: ['pair of scissors', 'pairs of scissors', 'paire de ciseaux', 'paires de ciseaux', 'f'],
  'teddy bear': ['teddy bear', 'teddy bears', 'ours en peluche', 'ours en peluche', 'm'],
  'hair drier': ['hair dryer', 'hair dryers', 'sèche-cheveux', 'sèche-cheveux', 'm'],
  toothbrush: ['toothbrush', 'toothbrushes', 'brosse à dents', 'brosses à dents', 'f'],
  // Not of COCO: what a thing without a name is called.
  object: ['object', 'objects', 'objet', 'objets', 'm']
} satisfies Record<string, Entry>))

// The spellings of the Pascal VOC data set, which some detectors trained on COCO have kept.
const otherSpellings = new Map(Object.entries({
  aeroplane: 'airplane', motorbike: 'motorcycle', sofa: 'couch', pottedplant: 'potted plant', diningtable: 'dining table', tvmonitor: 'tv', 'hair dryer': 'hair drier'
}))

const longestName = 60

/** The 80 COCO class names; each has words in both languages. */
export const knownTypes: readonly string[] = [...names.keys()].filter((name) => name !== 'object')

function wordOf (type: string): string {
  const word = plainText(type, longestName).replaceAll('_', ' ').trim()
  return word === '' ? 'object' : word
}

function entryOf (word: string): Entry | undefined {
  const key = word.toLowerCase()
  return names.get(otherSpellings.get(key) ?? key)
}

function pluralOf (english: string): string {
  if (/(?:s|x|z|ch|sh)$/i.test(english)) return `${english}es`
  return /[^aeiou]y$/i.test(english) ? `${english.slice(0, -1)}ies` : `${english}s`
}

/** Gives one key for all spellings of a type, so that what is the same thing is counted together. */
export function typeKey (type: string): string {
  const key = wordOf(type).toLowerCase()
  return otherSpellings.get(key) ?? key
}

/** Gives the gender of the French name of a thing; an unknown thing is "un élément", masculine. */
export function genderOf (type: string): Gender {
  return entryOf(wordOf(type))?.[4] ?? 'm'
}

/**
 * Gives the name of a thing without an article, in the singular or plural that the count asks for: "people", « ordinateurs portables ».
 * A type that is not among the COCO classes keeps its English word; in French that word is quoted after « élément ».
 */
export function objectName (type: string, language: Language, count = 1): string {
  const word = wordOf(type)
  const entry = entryOf(word)
  if (language === 'fr') {
    // French counts from two: zéro personne, une personne, deux personnes.
    const many = Math.abs(count) >= 2
    if (entry) return many ? entry[3] : entry[2]
    return `${many ? 'éléments' : 'élément'} « ${word} »`
  }
  if (entry) return count === 1 ? entry[0] : entry[1]
  return count === 1 ? word : pluralOf(word)
}

/** Gives a thing with its article or its number: "a person", "an orange", "two people", « un ordinateur portable », « environ 20 personnes ». */
export function countedName (type: string, language: Language, count = 1): string {
  const name = objectName(type, language, count)
  if (count !== 1) return `${numeral(count, language, genderOf(type))} ${name}`
  if (language === 'fr') return `${numeral(1, 'fr', genderOf(type))} ${name}`
  return `${takesAn(name) ? 'an' : 'a'} ${name}`
}

// By sound, not by letter: a uniform, a European, a one-way sign, but an hour glass and an umbrella.
function takesAn (english: string): boolean {
  return /^(?:(?!u(?:ni(?!n|m)|se|ti|kul)|eu|one\b|once\b)[aeiou]|hour|heir|honest|honou?r)/i.test(english)
}
