// What a new user does: start everything, send pictures and charts, look at what comes back, stop everything.
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { Ajv } from 'ajv'
import t from 'tap'
import { SimpleAudio } from '../../schemas/graphics/renderers/simple-audio.ts'
import { TactileSvg } from '../../schemas/graphics/renderers/tactile-svg.ts'
import { Text } from '../../schemas/graphics/renderers/text.ts'
import { RendererDefinitions } from '../../schemas/graphics/renderers/definitions.ts'
import { GraphicResponse } from '../../schemas/graphics/response.ts'
import { Definitions } from '../../schemas/graphics/definitions.ts'
import { readWavDuration } from '../../services/kit/wav.ts'
import { toChartData } from '../../console/src/lib/highcharts.ts'

const root = path.join(import.meta.dirname, '../..')
const fixture = (name: string) => path.join(root, 'test/fixtures/graphics', name)
const run = promisify(execFile)
const prefix = 'ca.mcgill.a11y.image.renderer.'

interface Rendering { type_id: string, description: string, data: { text?: string, audio?: string, graphic?: string } }

t.test('npm start and npm run render, as a new user would use them', { timeout: 170000 }, async t => {
  const directory = t.testdir()
  const start = spawn(process.execPath, [path.join(root, 'scripts/start.ts')], {
    // The services are covered by tests of their own; measuring them here would only slow them down.
    env: { ...process.env, NODE_V8_COVERAGE: '', PORT: '0', MAX_EVENT_LOOP_DELAY: '0', DATA_DIR: path.join(directory, 'data') }, stdio: ['ignore', 'pipe', 'inherit']
  })
  t.teardown(() => start.kill('SIGKILL'))
  const exit = once(start, 'exit')
  const said: string[] = []
  const lines = createInterface(start.stdout)
  const server = await new Promise<string>((resolve, reject) => {
    lines.on('line', line => {
      said.push(line)
      const origin = line.match(/ready at (http\S+)/)?.[1]
      if (origin !== undefined) resolve(origin)
    })
    exit.then(() => reject(new Error(`it ended before it was ready:\n${said.join('\n')}`)))
  })
  t.equal((await fetch(`${server}/health`)).status, 200)
  const validators = rendererValidators()
  const isResponse = new Ajv({ schemas: [Definitions] }).compile(GraphicResponse)

  const render = async (members: Record<string, unknown>, language = 'en'): Promise<Rendering[]> => {
    const response = await fetch(`${server}/render`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        request_uuid: crypto.randomUUID(), timestamp: 1790000000, language, capabilities: [], renderers: [...validators.keys()], ...members
      })
    })
    t.equal(response.status, 200)
    t.notMatch(response.headers.get('server-timing'), /failed|late/, 'every service does its part')
    const answer = await response.json() as { renderings: Rendering[] }
    const { renderings } = answer
    t.ok(isResponse(answer), 'the answer is valid')
    for (const rendering of renderings) {
      t.ok(validators.get(rendering.type_id)?.(rendering.data), `the data of ${rendering.type_id} is valid`)
      if (rendering.data.audio !== undefined) t.ok(wavSeconds(rendering) > 0.5, 'audio is a WAV that lasts')
    }
    return renderings
  }
  const photograph = async (name: string) => ({
    graphic: `data:image/${name.endsWith('png') ? 'png' : 'jpeg'};base64,${await readFile(fixture(name), 'base64')}`, dimensions: [640, 480], context: ''
  })

  for (const [name, word] of [['astronaut.jpg', 'person'], ['coffee.jpg', 'cup'], ['chelsea.jpg', 'cat']] as const) {
    const renderings = await render(await photograph(name))
    t.match(textOf(renderings), new RegExp(`\\b${word}`, 'i'), `${name} shows a ${word}`)
    t.ok(renderings.some(each => each.type_id === `${prefix}TactileSVG`), `${name} can be felt`)
    const speech = renderings.filter(each => each.type_id === `${prefix}SimpleAudio`)
    t.equal(speech.length, 1, `${name} is spoken`)
    // English is spoken at some 10 to 25 letters a second.
    const rate = textOf(renderings).length / wavSeconds(speech[0])
    t.ok(rate > 5 && rate < 40, `the speech lasts as long as its text: ${rate.toFixed(0)} letters a second`)
  }

  const notice = textOf(await render(await photograph('notice-en.png')))
  t.match(notice, /library/i, 'printed text is read')
  const avis = textOf(await render(await photograph('notice-fr.png'), 'fr'))
  t.match(avis, /[éèêàç]/, 'French text is read with its accents')

  const chart = toChartData(JSON.parse(await readFile(fixture('temperature.json'), 'utf8')))
  const renderings = await render({ highChartsData: chart })
  t.match(textOf(renderings), /21\.2/, 'the chart\'s maximum is told')
  t.match(textOf(renderings), /July/, 'with its label')
  t.equal(renderings.filter(each => each.type_id === `${prefix}SimpleAudio`).length, 2, 'it is spoken and played as a tone')
  t.ok(renderings.some(each => each.type_id === `${prefix}TactileSVG`), 'and can be felt')

  const out = path.join(directory, 'out')
  const { stdout, stderr } = await run(process.execPath, [path.join(root, 'scripts/render.ts'), fixture('coffee.jpg'), '--out', out, '--server', server])
  const readme = await readFile(path.join(root, 'README.md'), 'utf8')
  t.ok(stdout.includes(readme.match(/```text\n(.*?)```/s)?.[1] ?? 'no example'), 'the command prints what README.md says')
  t.match(stderr, /Sent\./, 'and says that it waits')
  t.strictSame((await readdir(out)).map(name => path.extname(name)).sort(), ['.svg', '.wav'], 'and writes audio and tactile files')

  start.kill('SIGTERM')
  const [status] = await exit
  t.equal(status, 0, 'it stops when asked to')
  await t.rejects(fetch(`${server}/health`), 'and nothing answers any more')
  const services = JSON.parse(await readFile(path.join(directory, 'data/services.json'), 'utf8'))
  for (const [name, { urls }] of Object.entries<{ urls: string[] }>(services.services)) await t.rejects(fetch(`${urls[0]}/health`), `${name} has stopped too`)
})

function textOf (renderings: Rendering[]): string {
  return renderings.map(each => each.data.text ?? '').join('\n')
}

function wavSeconds (rendering: Rendering | undefined): number {
  const audio = rendering?.data.audio ?? ''
  return readWavDuration(Buffer.from(audio.slice(audio.indexOf(',') + 1), 'base64'))
}

function rendererValidators () {
  const ajv = new Ajv({ schemas: [RendererDefinitions] })
  return new Map([['Text', Text], ['SimpleAudio', SimpleAudio], ['TactileSVG', TactileSvg]].map(([name, schema]) => [prefix + name, ajv.compile(schema as object)]))
}
