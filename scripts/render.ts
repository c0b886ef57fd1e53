// npm run render -- FILE: sends a picture or a chart to a running server, prints the descriptions, writes audio and tactile files.
import { randomUUID } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { parseArgs } from 'node:util'
import sharp from 'sharp'
import { toChartData } from '../console/src/lib/highcharts.ts'

const usage = 'npm run render -- FILE [--language en|fr] [--out DIR] [--server URL]\n' +
  'FILE is a picture (JPEG, PNG, WebP, GIF, TIFF, AVIF) or a JSON file with a Highcharts chart.'

const renderers = ['Text', 'SimpleAudio', 'TactileSVG']
const prefix = 'ca.mcgill.a11y.image.renderer.'

/** Longest wait for the answer, in milliseconds; the server has a shorter one. */
const patience = 600000

interface Rendering { type_id: string, description: string, data: Record<string, unknown> }

async function main () {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      language: { type: 'string', default: 'en' },
      out: { type: 'string', default: 'out' },
      server: { type: 'string', default: process.env.TUTTI_SERVER ?? 'http://127.0.0.1:8080' }
    }
  })
  const [file] = positionals
  if (file === undefined || positionals.length > 1) throw new Error(usage)

  const request = {
    request_uuid: randomUUID(),
    timestamp: Math.floor(Date.now() / 1000),
    language: values.language,
    capabilities: [],
    renderers: renderers.map(name => prefix + name),
    ...await graphicOf(file)
  }
  const renderings = await post(new URL('render', values.server.replace(/\/?$/, '/')), request)
  if (renderings.length === 0) {
    console.log('The server found nothing to say about this graphic.')
    return
  }
  await mkdir(values.out, { recursive: true })
  const name = path.basename(file, path.extname(file))
  for (const [index, rendering] of renderings.entries()) await show(rendering, path.join(values.out, `${name}-${index + 1}`))
}

/** The members of a request that carry the graphic. */
async function graphicOf (file: string): Promise<Record<string, unknown>> {
  const bytes = await readFile(file)
  if (path.extname(file).toLowerCase() === '.json') return { highChartsData: toChartData(JSON.parse(bytes.toString('utf8'))) }
  const { format, width, height } = await sharp(bytes).metadata()
  return { graphic: `data:image/${format};base64,${bytes.toString('base64')}`, dimensions: [width, height], context: '' }
}

async function post (url: URL, request: unknown): Promise<Rendering[]> {
  const started = performance.now()
  console.error('Sent. The services are looking at it.')
  const progress = setInterval(() => console.error(`Still waiting, ${Math.round((performance.now() - started) / 1000)} s.`), 2000)
  try {
    const response = await fetch(url, {
      method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(request), signal: AbortSignal.timeout(patience)
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`the server refused it with status ${response.status}: ${text.slice(0, 1000)}`)
    console.error(`Answered after ${((performance.now() - started) / 1000).toFixed(1)} s.\n`)
    return JSON.parse(text).renderings
  } finally {
    clearInterval(progress)
  }
}

async function show (rendering: Rendering, target: string): Promise<void> {
  const { text, audio, graphic } = rendering.data
  if (typeof text === 'string') {
    console.log(`${text}\n`)
  } else if (typeof audio === 'string' && audio.startsWith('data:')) {
    await save(`${target}.wav`, audio)
  } else if (typeof graphic === 'string') {
    await save(`${target}.svg`, graphic)
  }

  async function save (path: string, dataUrl: string) {
    const comma = dataUrl.indexOf(',')
    const content = dataUrl.slice(comma + 1)
    await writeFile(path, dataUrl.slice(0, comma).endsWith(';base64') ? Buffer.from(content, 'base64') : decodeURIComponent(content))
    console.log(`${rendering.description}\n  is in ${path}\n`)
  }
}

try {
  await main()
} catch (error) {
  const { message, cause } = error as Error & { cause?: { code?: string } }
  console.error(cause?.code === 'ECONNREFUSED' ? 'No server answers. Start one with npm start, or name its address with --server.' : message)
  process.exitCode = 1
}
