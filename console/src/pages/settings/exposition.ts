// Reads what GET /metrics answers, the text format of Prometheus. See https://prometheus.io/docs/instrumenting/exposition_formats/

/** One number, with its labels as they are written: `side="client"`; empty where it has none. */
export interface Sample { readonly labels: string, readonly value: number }

/** What is counted under one name. */
export interface Metric {
  readonly name: string
  readonly help: string
  /** counter, gauge, histogram or another word of the format. */
  readonly kind: string
  /** Its numbers; none for a histogram, whose buckets nobody reads as a list. */
  readonly samples: Sample[]
  /** How much a histogram has measured, over all labels. */
  count: number
  /** The sum of it. */
  sum: number
}

/** Gives the metrics of a text in its order; lines that cannot be read are left out. */
export function readExposition (text: string): Metric[] {
  const metrics = new Map<string, Metric>()
  const helps = new Map<string, string>()
  for (const line of text.split('\n')) {
    const [, word, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? []
    if (word === 'HELP') helps.set(name, rest.replaceAll('\\n', ' ').replaceAll('\\\\', '\\'))
    else if (word === 'TYPE') metrics.set(name, { name, help: helps.get(name) ?? '', kind: rest, samples: [], count: 0, sum: 0 })
    else if (!line.startsWith('#')) addSample(metrics, line)
  }
  return [...metrics.values()]
}

function addSample (metrics: Map<string, Metric>, line: string): void {
  // Labels may hold a closing brace between their quotes: the last one ends them.
  const [, name = '', labels = '', number = ''] = /^([\w:]+)(?:\{(.*)\})? (\S+)/.exec(line) ?? []
  const value = Number(number.replace('Inf', 'Infinity'))
  const [, base = '', part] = /^(.*?)_(bucket|count|sum)$/.exec(name) ?? []
  const histogram = metrics.get(base)
  if (histogram?.kind === 'histogram') {
    if (part === 'count') histogram.count += value
    if (part === 'sum') histogram.sum += value
    return
  }
  metrics.get(name)?.samples.push({ labels, value })
}
