// A chart as sound: its lines one after the other on one scale of pitch, and the words that tell the listener how to hear them.
import { clip, listOf, quote } from '../describe/grammar.ts'
import type { Language } from '../describe/grammar.ts'
import { readChart } from '../line-charts/highcharts.ts'
import { lineChartOf, linesOf } from '../line-charts/line-chart.ts'
import { plainText } from '../line-charts/plain-text.ts'
import type { GraphicRequest } from '../../schemas/graphics/request.ts'
import { encodeWav } from '../kit/wav.ts'
import { durationOf, longest, scaleOf, scoreOf } from './score.ts'
import type { Scale } from './score.ts'
import { inSequence, knocks, play, sampleRate, silence } from './tone.ts'

/** Lines that sound; a fifth would not be remembered. */
const mostLines = 4
/** Longest duration of a line where there are several, in seconds. */
const longestOfSeveral = 4
const pause = 0.4
const longestDescription = 300

/** A chart as sound. */
export interface Sonification {
  /** WAV file: 16-bit PCM, stereo. */
  wav: Buffer
  /** What is heard and how to hear it, at most 300 characters. */
  description: string
}

/** Makes the line chart of a request heard; undefined when it has none. Linear in the number of points. */
export function sonify (request: GraphicRequest, language: Language): Sonification | undefined {
  const chart = readChart(request.highChartsData)
  const data = lineChartOf(request, chart)
  const lines = data ? linesOf(data) : []
  if (lines.length === 0) return undefined
  const heard = lines.slice(0, mostLines)
  const scale = scaleOf(heard, chart?.axes.find(({ axis }) => axis === 'y')?.type === 'logarithmic')
  const several = heard.length > 1
  const parts = heard.flatMap((line, index) => {
    const sound = play(scoreOf(line, scale, durationOf(line.dataPoints.length, several ? longestOfSeveral : longest)))
    return several ? [...(index > 0 ? [silence(pause)] : []), knocks(index + 1), silence(pause / 2), sound] : [sound]
  })
  const { left, right } = inSequence(parts)
  const names = heard.map(({ name }) => plainText(name, 40)).filter((name) => name !== '')
  return {
    wav: encodeWav({ samples: [left, right], sampleRate }),
    description: clip(describeSound(plainText(chart?.title, 80), several ? names : [], heard.length, lines.length, scale, language), longestDescription)
  }
}

function describeSound (title: string, names: string[], heard: number, all: number, { lowest, highest }: Scale, language: Language): string {
  if (language === 'fr') {
    return [
      `Graphique en son${title && ` ${quote(title, 'fr')}`} : plus la valeur est grande, plus le son est aigu${lowest < highest ? ' ; une cloche marque le maximum' : ''}.`,
      lowest < 0 ? 'Les valeurs négatives ont un timbre rauque.' : '',
      heard > 1 ? `${heard} courbes l’une après l’autre${all > heard ? ` sur ${all}` : ''}, annoncées par 1 à ${heard} coups${names.length === heard ? ` : ${listOf(names, 'fr')}` : ''}.` : ''
    ].filter((words) => words !== '').join(' ')
  }
  return [
    `Chart as sound${title && ` ${quote(title, 'en')}`}: the higher the value, the higher the tone${lowest < highest ? '; a bell marks the maximum' : ''}.`,
    lowest < 0 ? 'Negative values sound reedy.' : '',
    heard > 1 ? `${heard}${all > heard ? ` of ${all}` : ''} lines one after the other, announced by 1 to ${heard} knocks${names.length === heard ? `: ${listOf(names, 'en')}` : ''}.` : ''
  ].filter((words) => words !== '').join(' ')
}
