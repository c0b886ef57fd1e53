// Charts in French.
import type { Course } from './course.ts'
import { de, listOf, numeral } from './grammar.ts'
import { legsOf } from './chart-wording.ts'
import type { ChartWording, SaidPlace } from './chart-wording.ts'

/** More turns than this are counted, not told one by one. */
const mostTurnsTold = 4

const kinds: Record<string, string> = {
  line: 'graphique linéaire',
  spline: 'graphique linéaire',
  area: 'graphique en aires',
  areaspline: 'graphique en aires',
  column: 'diagramme à colonnes',
  bar: 'diagramme à barres',
  pie: 'diagramme circulaire',
  scatter: 'nuage de points',
  bubble: 'graphique à bulles'
}

const trends = { rising: 'monte', falling: 'descend', level: 'finit à peu près où elle a commencé' }

function course (subject: string, line: Course<SaidPlace>): string {
  const { first, last, highest, lowest, turns, trend } = line
  if (highest.y === lowest.y) return `${subject} reste à ${first.value} d’un bout à l’autre`
  const ends = `de ${first.value} ${first.at} à ${last.value} ${last.at}`
  if (turns.length === 0) return `${subject} ${trends[trend]} ${ends}`
  if (turns.length > mostTurnsTold) {
    const whole = trend === 'level' ? `elle ${trends.level}, à ${last.value} ${last.at}` : `elle ${trends[trend]} ${ends}`
    return `${subject} monte et descend entre ${lowest.value} et ${highest.value}, avec ${numeral(turns.length, 'fr')} retournements ; dans l’ensemble, ${whole}`
  }
  const legs = legsOf(line).map(({ up, to }) => `${up ? 'monte' : 'descend'} à ${to.value} ${to.at}`)
  return `dans l’ensemble, ${subject} ${trends[trend]} : de ${first.value} ${first.at}, elle ${listOf(legs, 'fr')}`
}

function extreme (word: string): ChartWording['highest'] {
  return (value, at, count) => count > 1 ? `${word} : ${value}, en ${numeral(count, 'fr')} points, d’abord ${at}` : `${word} : ${value} ${at}`
}

function part (type: string): string {
  return type === 'pie' ? 'part' : type === 'column' ? 'colonne' : type === 'bar' ? 'barre' : 'point'
}

// A day of the month takes the article, which merges with the preposition: "du 5 mars au 8 mai", but "d’avril à août".
function startingWith (place: string): string {
  return /^(?:\d{1,2}|1er) \p{L}/u.test(place) ? `du ${place}` : de(place)
}

function endingWith (place: string): string {
  return /^(?:\d{1,2}|1er) \p{L}/u.test(place) ? `au ${place}` : `à ${place}`
}

/** The sentences about charts in French. */
export const french: ChartWording = {
  kind: (type) => kinds[type] ?? `graphique de type « ${type} »`,
  points: (count) => count === '1' ? '1 point' : `${count} points`,
  series: (count, names) => `${numeral(count, 'fr', 'f')} série${count > 1 ? 's' : ''}${names && ` : ${names}`}`,
  parts: (type, count) => `${count} ${part(type)}${count === '1' ? '' : 's'}`,
  subtitle: (quoted) => `sous-titre : ${quoted}`,
  verticalAxis: (titles) => `axe vertical : ${titles}`,
  horizontalAxis: (title) => `axe horizontal : ${title}`,
  span: (from, to) => `${startingWith(from)} ${endingWith(to)}`,
  course,
  single: (value, at) => `un seul point, ${value} ${at}`,
  line: 'la courbe',
  highest: extreme('maximum'),
  lowest: extreme('minimum'),
  gaps: (count) => count === 1 ? 'des valeurs manquent à un endroit' : `des valeurs manquent à ${numeral(count, 'fr')} endroits`,
  range: (lowest, highest) => lowest === highest ? `toujours ${lowest}` : `entre ${lowest} et ${highest}`,
  more: (count) => count === '1' ? '1 autre' : `${count} autres`,
  author: (quoted) => `l’auteur en dit : ${quoted}`,
  at: { year: 'en', month: 'en', day: 'le', minute: 'le', name: 'pour', number: 'à' },
  // "Le lundi" would be every Monday: days of the week are named like any other category.
  days: new Set()
}
