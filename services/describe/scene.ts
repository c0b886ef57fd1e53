// The things in a picture in words: what they are, how many, where, and how much of the picture they take up.
import type { DetectedObject } from '../../schemas/graphics/preprocessors/object-detection.ts'
import type { Description } from './described.ts'
import { listOf, numeral, semicolon, sentence } from './grammar.ts'
import type { Language } from './grammar.ts'
import { placeOf, placeWords } from './places.ts'
import type { Box, Place } from './places.ts'
import { countedName, genderOf, typeKey } from './vocabulary.ts'

/** Detections surer than this are stated; the others are hedged with "possibly". */
const sureFrom = 0.5
/** Detectors give some dozens; from a longer list the surest are described. */
const mostObjects = 200
/** Kinds of things that are told with place and size; the others are only named. */
const mostDetailed = 6
const mostHedged = 4
const mostInTitle = 4
/** Two boxes that share this much of their joint area are about the same thing. */
const sameThing = 0.6
/** Squares along each side of the grid on which joint areas are measured. */
const grid = 32

interface Thing {
  type: string
  box: Box
  sure: boolean
}

interface Group {
  type: string
  things: Thing[]
  /** How many of them are hedged. */
  unsure: number
  /** Part of the picture that they cover together, 0 to 1. */
  area: number
}

/** Describes the things seen in a picture; undefined when there are none. Sure before possible, people and large things first. */
export function describeScene (objects: readonly DetectedObject[], language: Language): Description | undefined {
  const groups = groupsOf(thingsOf(objects))
  if (groups.length === 0) return undefined
  const sure = groups.filter((group) => group.unsure < group.things.length)
  const hedged = groups.filter((group) => group.unsure === group.things.length)
  const detailed = [...sure.slice(0, mostDetailed), ...hedged.slice(0, mostHedged)]
  const also = [...sure.slice(mostDetailed), ...hedged.slice(mostHedged)]
  const sentences = [detailed.map((group) => detail(group, language)).join(semicolon[language])]
  if (also.length > 0) sentences.push(`${language === 'fr' ? 'Il y a aussi' : 'Also'} ${listOf(also.map((group) => counted(group, language)), language)}`)
  return { text: sentences.map(sentence).join(' '), title: titleOf([...sure, ...hedged], language) }
}

function thingsOf (objects: readonly DetectedObject[]): Thing[] {
  const surest = [...objects].sort((a, b) => b.confidence - a.confidence).slice(0, mostObjects)
  const things: Thing[] = []
  for (const { type, dimensions: [x1, y1, x2, y2], confidence } of surest) {
    const thing: Thing = { type: typeKey(type), box: [Math.min(x1, x2), Math.min(y1, y2), Math.max(x1, x2), Math.max(y1, y2)], sure: confidence >= sureFrom }
    // A doubtful second opinion on what is already named, or a second box around the same thing, would only confuse.
    if (!things.some((other) => (!thing.sure || other.type === thing.type) && overlap(other.box, thing.box) >= sameThing)) things.push(thing)
  }
  return things
}

function areaOf ([left, top, right, bottom]: Box): number {
  return (right - left) * (bottom - top)
}

// Shared area by joint area ("intersection over union").
function overlap (a: Box, b: Box): number {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0])
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1])
  if (width <= 0 || height <= 0) return 0
  return width * height / (areaOf(a) + areaOf(b) - width * height)
}

function jointArea (boxes: readonly Box[]): number {
  const [only] = boxes
  if (only && boxes.length === 1) return areaOf(only)
  let covered = 0
  for (let square = 0; square < grid * grid; square++) {
    const x = (square % grid + 0.5) / grid
    const y = (Math.floor(square / grid) + 0.5) / grid
    if (boxes.some(([left, top, right, bottom]) => left <= x && x <= right && top <= y && y <= bottom)) covered++
  }
  return covered / (grid * grid)
}

function groupsOf (things: readonly Thing[]): Group[] {
  const groups = [...Map.groupBy(things, ({ type }) => type)].map(([type, members]): Group => ({
    type,
    things: members,
    unsure: members.filter(({ sure }) => !sure).length,
    area: jointArea(members.map(({ box }) => box))
  }))
  // People are what most pictures are about, even where they are not the largest thing.
  const weight = ({ type, area }: Group) => area + (type === 'person' ? 0.25 : 0)
  return groups.sort((a, b) => weight(b) - weight(a))
}

function counted ({ type, things, unsure }: Group, language: Language): string {
  const possibly = language === 'fr' ? 'peut-être' : 'possibly'
  const sure = things.length - unsure
  if (sure === 0) return `${possibly} ${countedName(type, language, things.length)}`
  const name = countedName(type, language, sure)
  // Past ten the number is rounded anyway.
  return unsure > 0 && things.length <= 10 ? `${name} (${possibly} ${numeral(things.length, language)})` : name
}

function detail (group: Group, language: Language): string {
  const size = sizeWords(group, language)
  const fillsAll = group.area >= 0.85
  const places = fillsAll ? '' : whereWords(group, language)
  return [`${counted(group, language)}${places}`, size].filter((words) => words !== '').join(', ')
}

function sizeWords ({ type, things, area }: Group, language: Language): string {
  const together = things.length > 1
  if (language === 'fr') {
    const taking = together ? 'occupant ensemble' : 'occupant'
    if (area >= 0.85) return `${taking} presque toute l’image`
    if (area >= 0.6) return `${taking} la plus grande partie de l’image`
    if (area >= 0.42) return `${taking} environ la moitié de l’image`
    if (area >= 0.28) return `${taking} environ un tiers de l’image`
    if (area >= 0.18) return `${taking} environ un quart de l’image`
    return area < 0.01 ? `très petit${genderOf(type) === 'f' ? 'e' : ''}${together ? 's' : ''}` : ''
  }
  const taking = together ? 'together taking up' : 'taking up'
  if (area >= 0.85) return `${together ? 'together filling' : 'filling'} almost the whole picture`
  if (area >= 0.6) return `${taking} most of the picture`
  if (area >= 0.42) return `${taking} about half of the picture`
  if (area >= 0.28) return `${taking} about a third of the picture`
  if (area >= 0.18) return `${taking} about a quarter of the picture`
  return area < 0.01 ? 'very small' : ''
}

function whereWords ({ type, things }: Group, language: Language): string {
  const placed = Map.groupBy(things.map(({ box }) => placeOf(box)), (place) => place)
  const places = [...placed.keys()].sort(byReading)
  const [only] = places
  if (places.length === 1 && only) return ` ${placeWords(only, language)}`
  if (places.length <= 3 && things.length <= 6) {
    const each = places.map((place) => `${numeral(placed.get(place)?.length ?? 0, language, genderOf(type))} ${placeWords(place, language)}`)
    return `, ${listOf(each, language)}`
  }
  const rows = new Set(places.map((place) => place.split(' ')[0] ?? ''))
  const columns = new Set(places.map((place) => place.split(' ')[1] ?? ''))
  const [row = ''] = rows.size === 1 ? rows : []
  const [column = ''] = columns.size === 1 ? columns : []
  return ` ${spreads[language][row] ?? spreads[language][column] ?? spreads[language].everywhere}`
}

// Many things in one row or column of places, or in several.
const spreads: Record<Language, Record<string, string>> = {
  en: {
    top: 'along the top',
    middle: 'across the middle',
    bottom: 'along the bottom',
    left: 'down the left side',
    centre: 'down the middle',
    right: 'down the right side',
    everywhere: 'spread across the picture'
  },
  fr: {
    top: 'tout le long du haut',
    middle: 'à mi-hauteur, d’un bord à l’autre',
    bottom: 'tout le long du bas',
    left: 'le long du côté gauche',
    centre: 'de haut en bas, au milieu',
    right: 'le long du côté droit',
    everywhere: 'un peu partout dans l’image'
  }
}

const readingOrder: readonly Place[] = [
  'top left', 'top centre', 'top right', 'middle left', 'middle centre', 'middle right', 'bottom left', 'bottom centre', 'bottom right'
]

function byReading (a: Place, b: Place): number {
  return readingOrder.indexOf(a) - readingOrder.indexOf(b)
}

function titleOf (groups: readonly Group[], language: Language): string {
  const shown = groups.slice(0, mostInTitle).map((group) => counted(group, language))
  const more = groups.length > mostInTitle ? [language === 'fr' ? 'd’autres choses' : 'other things'] : []
  return sentence(listOf([...shown, ...more], language)).slice(0, -1)
}
