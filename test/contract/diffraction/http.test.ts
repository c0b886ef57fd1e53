// Who is let in by HTTP, how everything that can go wrong is told, and what pages of other origins may do. Tasks are answered by the test.
import t from 'tap'
import { answerTasks, buildDiffraction, failTasks, iiif, token, usualSessions } from '../../diffraction-server.ts'

const description = { metadata: { beam_center_x: { kind: 'real', value: 1.5, unit: 'px' } }, identity: { device: 1, inode: 2, modified: '3', size: 4 }, format: 'cbf', frames: 1, width: 600, height: 400, geometry: undefined }
const picture = {
  metadata: {},
  identity: description.identity,
  bytes: new Uint8Array([1, 2, 3]),
  mediaType: 'image/jpeg',
  width: 8,
  height: 8,
  spots: undefined,
  levels: { black: 9, white: 1 },
  depth: 32,
  statistics: { n: 1, mean: 1, rms: 1, stddev: 0, min: 1, max: 1, saturated: 0 }
}

const paths = ['/diffraction/files?esaf=1', '/diffraction/pixel?esaf=1&file=a&x=1&y=1', '/diffraction/histogram?esaf=1&file=a', '/diffraction/radial?esaf=1&file=a', '/diffraction/bragg-spots?esaf=1&file=a', `${iiif('a')}/info.json`, `${iiif('a')}/full/max/0/default.jpg`]
const bodies: Array<[path: string, body: object]> = [['/diffraction/jpeg', { esaf: 1, fn: 'a' }], ['/diffraction/spots', { esaf: 1, fn: 'a' }], ['/diffraction/meta', { esaf: 1, fn: 'a' }], ['/diffraction/index', { esaf: 1, fn1: 'a' }], ['/diffraction/links', { esaf: 1, fn: 'a' }]]

t.test('a server with sessions', async t => {
  const server = await buildDiffraction(t, { env: { DIFFRACTION_LINK_SECRET: 'a secret of 16 letters', DIFFRACTION_RATE_LIMIT: '0' } })
  const anonymous = (path: string, body?: object, headers: Record<string, string> = {}) => body === undefined ? server.send(path, { headers }) : server.post(path, body, { headers: { 'content-type': 'application/json', ...headers } })
  const all: Array<[path: string, body?: object]> = [...paths.map(path => [path] as [string]), ...bodies]

  t.test('asks everybody for a token, and refuses one of nobody, one that has ended and another ESAF', async t => {
    answerTasks(server, () => { throw new Error('no task may begin') })
    for (const [path, body] of all) {
      const reply = await anonymous(path, body)
      t.equal(reply.status, 401, path)
      t.match(reply.json, { code: 'TUTTI_DIFFRACTION_NOT_AUTHORIZED', message: /Authorization: Bearer/ }, path)
      t.equal(reply.headers.get('www-authenticate'), 'Bearer realm="tutti diffraction"')
      t.equal(reply.headers.get('cache-control'), 'no-store')
      t.equal((await anonymous(path, body, { authorization: 'Bearer nobody' })).status, 401, path)
      t.equal((await anonymous(path, body, { authorization: `Basic ${token}` })).status, 401, path)
      const other = body === undefined ? [path.replace('esaf=1', 'esaf=3').replace('/1%3A', '/3%3A')] as const : [path, { ...body, esaf: 3 }] as const
      const refused = await anonymous(other[0], other[1], { authorization: `Bearer ${token}` })
      t.equal(refused.status, 403, path)
      t.match(refused.json, { code: 'TUTTI_DIFFRACTION_NOT_AUTHORIZED', message: /ESAF/ })
    }
  })

  t.test('takes the token from the body where there is no header, and never gives it back', async t => {
    answerTasks(server, task => task === 'describe' ? description : picture)
    for (const [path, body] of bodies.filter(([path]) => !path.endsWith('index'))) {
      const reply = await anonymous(path, { ...body, pid: token }, { accept: 'application/json' })
      t.ok(reply.status < 300, `${path} ${reply.text}`)
      t.notMatch(reply.text, `"${token}"`)
      t.notMatch([...reply.headers].join(), `"${token}"`)
    }
    t.equal((await anonymous('/diffraction/meta', { esaf: 1, fn: 'a', pid: 'nobody' })).status, 401)
  })

  t.test('says goodbye at once', async t => {
    answerTasks(server, () => ({ entries: [], more: false }))
    t.equal((await server.ask('/diffraction/files?esaf=1')).status, 200)
    server.signIn({ somebody: usualSessions[token] })
    t.equal((await server.ask('/diffraction/files?esaf=1')).status, 401)
    server.signIn(usualSessions)
    t.equal((await server.ask('/diffraction/files?esaf=1')).status, 200)
  })

  for (const [code, status] of [['FILE_MISSING', 404], ['FRAME_MISSING', 404], ['FORMAT_UNKNOWN', 415], ['FILE_BROKEN', 422], ['TOO_LARGE', 413], ['BUSY', 503], ['TIMEOUT', 504], ['WORKER_ENDED', 502], ['UNAVAILABLE', 503], ['REQUEST', 400]] as const) {
    t.test(`${code} is ${status}, as JSON`, async t => {
      failTasks(server, code)
      // Of all routes once: they share what answers.
      for (const [path, body] of code === 'BUSY' ? all : all.filter((_, at) => at % 6 === 0)) {
        const reply = body === undefined ? await server.ask(path) : await server.tell(path, body)
        t.equal(reply.status, status, path)
        t.strictSame(reply.json, { code: `TUTTI_DIFFRACTION_${code}`, message: `It is ${code}.` }, path)
        if (status === 503) t.equal(reply.headers.get('retry-after'), '1')
      }
    })
  }

  t.test('tells nothing of a fault of its own', async t => {
    answerTasks(server, () => { throw new Error('/etc/passwd cannot be read') })
    for (const [path, body] of all) {
      const reply = body === undefined ? await server.ask(path) : await server.tell(path, body)
      t.equal(reply.status, 500, path)
      t.match(reply.json, { code: 'TUTTI_INTERNAL' })
      t.notMatch(reply.text, 'passwd')
    }
  })

  t.test('refuses queries and bodies that are not as they must be', async t => {
    answerTasks(server, () => { throw new Error('no task may begin') })
    for (const path of [
      '/diffraction/files', '/diffraction/files?esaf=0', '/diffraction/files?esaf=x', '/diffraction/files?esaf=1&limit=0', '/diffraction/pixel?esaf=1&file=a', '/diffraction/pixel?esaf=1&file=a&x=-1&y=0', '/diffraction/pixel?esaf=1&file=&x=1&y=0',
      '/diffraction/histogram?esaf=1&file=a&bins=0', '/diffraction/radial?esaf=1&file=a&frame=0', '/diffraction/bragg-spots?esaf=1&file=a&limit=100001', `/diffraction/files?esaf=1&folder=${'a'.repeat(5000)}`,
      ...['palette=pink', 'scale=cube', 'black=-1', 'rings=a', 'mask=red', 'frames=1001', 'quality=0', 'invert=maybe', 'percentiles=1'].map(query => `${iiif('a')}/full/max/0/default.jpg?${query}`)
    ]) {
      const reply = await server.ask(path)
      t.equal(reply.status, 400, path)
      t.match(reply.json, { code: 'TUTTI_DIFFRACTION_REQUEST', message: /./ })
    }
    for (const path of bodies.map(([path]) => path)) {
      for (const body of ['', '{', '[]', '7', 'null', '{"esaf":1,"fn":"a"} x']) t.equal((await server.tell(path, body)).status, 400, `${path} ${body}`)
      t.equal((await server.tell(path, ' '.repeat(70_000))).status, 413, path)
    }
    t.equal((await server.tell('/diffraction/jpeg', { esaf: 1, fn: 'a', type: 'spots' })).status, 400)
    t.equal((await server.tell('/diffraction/spots', { esaf: 1 })).status, 400)
    t.equal((await server.tell('/diffraction/index', { esaf: 1 })).status, 400)
    for (const esaf of [0, -1, 1.5, '1']) t.ok([400, 403].includes((await server.tell('/diffraction/meta', { esaf, fn: 'a' })).status), String(esaf))
    for (const id of ['x', '1', '0:a:1', '1:a:0', '1::1']) t.equal((await server.ask(`/iiif/3/${encodeURIComponent(id)}/info.json`)).status, 404, id)
  })

  t.test('a picture without a frame needs a session, and no file', async t => {
    answerTasks(server, () => { throw new Error('no task may begin') })
    const reply = await server.tell('/diffraction/jpeg', { xsize: 16 }, { accept: 'application/json' })
    t.equal(reply.status, 200)
    t.match(reply.json, { job: { xsize: 16 }, metadata: null, picture: { mediaType: 'image/jpeg', width: 16, height: 16 } })
  })

  t.test('what a picture is answered with', async t => {
    answerTasks(server, () => picture)
    const reply = await server.fetch('/diffraction/jpeg', { method: 'POST', body: JSON.stringify({ esaf: 1, fn: 'größe', xsize: 8 }) })
    t.equal(reply.status, 200)
    t.equal(reply.headers.get('content-type'), 'image/jpeg')
    t.strictSame(Buffer.from(await reply.arrayBuffer()), Buffer.from([1, 2, 3]))
    t.strictSame(JSON.parse(reply.headers.get('diffraction-job') ?? ''), { esaf: 1, fn: 'größe', xsize: 8, wval_used: 1, bval_used: 9 })
    const { json } = await server.tell('/diffraction/jpeg', { esaf: 1, fn: 'a' }, { accept: 'application/json' })
    t.match(json, { job: { bval_used: 9 }, metadata: { n: 1, mean: 1, nSaturated: 0 }, picture: { mediaType: 'image/jpeg', width: 8, base64: 'AQID' } })
    const long = await server.tell('/diffraction/jpeg', { esaf: 1, fn: 'a', more: 'x'.repeat(5000) })
    t.equal(long.headers.get('diffraction-job'), null)
  })

  t.test('the memory of a picture is given back when all of it has gone out to whoever reads slowly, and not where others have it', async t => {
    for (const isOwn of [true, false]) {
      const large = { ...picture, bytes: Buffer.alloc(30_000_000, 7), isOwn }
      answerTasks(server, task => task === 'describe' ? description : large)
      for (const path of ['/diffraction/jpeg', `${iiif('a')}/full/max/0/default.jpg`]) {
        large.bytes = Buffer.alloc(30_000_000, 7)
        const init = path.startsWith('/diffraction') ? { method: 'POST', body: JSON.stringify({ esaf: 1, fn: 'a' }) } : {}
        // Nothing is read before it is asked for: there is no room for all of it on the way.
        const reply = await server.fetch(path, init)
        t.equal(large.bytes.length, 30_000_000, 'not while it goes out')
        const got = Buffer.from(await reply.arrayBuffer())
        t.ok(got.equals(Buffer.alloc(30_000_000, 7)), `${path}: all of it`)
        // The next answer of the same connection comes after that.
        await (await server.fetch('/health/live')).text()
        t.equal(large.bytes.length, isOwn ? 0 : 30_000_000)
      }
    }
    answerTasks(server, () => ({ ...picture, isOwn: true }))
    const { json } = await server.tell('/diffraction/jpeg', { esaf: 1, fn: 'a' }, { accept: 'application/json' })
    t.strictSame(Object.keys((json as { picture: object }).picture).sort(), ['base64', 'depth', 'height', 'mediaType', 'width'])
  })

  t.test('what a file says', async t => {
    answerTasks(server, () => description)
    t.strictSame((await server.tell('/diffraction/meta', { esaf: 1, fn: 'a', frame: 2 })).json, {
      job: { esaf: 1, fn: 'a', frame: 2 }, metadata: { beam_center_x: 1.5 }, units: { beam_center_x: 'px' }, description: { format: 'cbf', frames: 1, width: 600, height: 400 }
    })
  })

  t.test('indexing is told as it goes on', async t => {
    const { workers } = server.app.diffraction
    workers.perform = async (_identity, _task, _ask, { onProgress }) => {
      onProgress?.('looking for spots')
      onProgress?.('line\nbreak')
      return { result: '{"a":1}', stderr: 'a warning' } as never
    }
    const { status, headers, text } = await server.tell('/diffraction/index', { esaf: 1, fn1: 'a' }, { accept: 'text/event-stream' })
    t.equal(status, 200)
    t.equal(headers.get('content-type'), 'text/event-stream')
    t.equal(text, 'event: progress\ndata: {"text":"looking for spots"}\n\nevent: progress\ndata: {"text":"line\\nbreak"}\n\nevent: answer\ndata: {"job":{"esaf":1,"fn1":"a"},"result":{"a":1,"stderr":"a warning"}}\n\n')
    t.strictSame((await server.tell('/diffraction/index', { esaf: 1, fn1: 'a' })).json, { job: { esaf: 1, fn1: 'a' }, result: { a: 1, stderr: 'a warning' } })
    failTasks(server, 'UNAVAILABLE')
    t.match((await server.tell('/diffraction/index', { esaf: 1, fn1: 'a' }, { accept: 'text/event-stream' })).text, /^event: error\ndata: \{"code":"TUTTI_DIFFRACTION_UNAVAILABLE"/)
  })

  t.test('logs hold no token, and no name of a file', async t => {
    answerTasks(server, () => description)
    await server.tell('/diffraction/meta', { esaf: 1, fn: 'secret-protein_master.h5', pid: token })
    await server.ask(`${iiif('secret-protein_master.h5')}/info.json`)
    await anonymous('/diffraction/files?esaf=1', undefined, { authorization: 'Bearer wrong-token' })
    for (const line of server.logs) t.notMatch(JSON.stringify(line), /secret-protein|wrong-token|allowedESAFs/)
  })

  t.test('its sessions are counted, and tasks by what came of them', async t => {
    const { text } = await server.send('/metrics')
    t.match(text, /^tutti_diffraction_sessions_total\{result="found"\} \d+$/m)
    t.match(text, /^tutti_diffraction_sessions_total\{result="8"\} \d+$/m)
    t.match(text, /^tutti_diffraction_processes 0$/m)
  })
})

t.test('sessions that cannot be read are 503, and the server says so of itself', async t => {
  const server = await buildDiffraction(t)
  t.equal(((await server.send('/health/ready')).json as { diffraction?: unknown }).diffraction, undefined)
  server.signIn([] as never)
  t.match((await server.ask('/diffraction/files?esaf=1')).json, { code: 'TUTTI_DIFFRACTION_UNAVAILABLE' })
  t.match((await server.send('/health/ready')).json, { status: 'ready', diffraction: { trouble: { cause: /./, cure: /./ } } })
  t.match((await server.send('/metrics')).text, /^tutti_diffraction_trouble 1$/m)
})

t.test('whoever guesses at tokens is stopped, and whoever was here before is not', async t => {
  const server = await buildDiffraction(t, { env: { DIFFRACTION_RATE_LIMIT: '3' }, sessions: { ...usualSessions, second: { ...usualSessions[token] as object, pid: 'second' } } })
  answerTasks(server, () => ({ entries: [], more: false }))
  const asked = async (pid: string) => (await server.send('/diffraction/files?esaf=1', { headers: { authorization: `Bearer ${pid}` } })).status
  t.equal(await asked(token), 200)
  for (let guess = 0; guess < 3; guess++) t.equal(await asked(`guess-${guess}`), 401)
  t.equal(await asked('guess-4'), 429)
  t.equal(await asked('second'), 429, 'nor does it learn that a guess was right')
  t.equal(await asked(token), 200)
})

t.test('pages of other origins', async t => {
  const origin = 'https://beamline.example.org'
  const closed = await buildDiffraction(t)
  t.equal((await closed.ask('/diffraction/files?esaf=1', { origin })).headers.get('access-control-allow-origin'), null)
  const server = await buildDiffraction(t, { env: { DIFFRACTION_ORIGINS: `${origin}, http://localhost:3000` } })
  answerTasks(server, task => task === 'list' ? { entries: [], more: false } : description)
  for (const path of ['/diffraction/files?esaf=1', `${iiif('a')}/info.json`]) {
    const { headers } = await server.ask(path, { origin })
    t.equal(headers.get('access-control-allow-origin'), origin)
    t.match(headers.get('access-control-expose-headers'), /\betag\b/)
    t.match(headers.get('vary'), /Origin/)
    t.equal((await server.ask(path, { origin: 'https://elsewhere.example.org' })).headers.get('access-control-allow-origin'), null)
    const preflight = await server.send(path, { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'GET', 'access-control-request-headers': 'authorization' } })
    t.equal(preflight.status, 200)
    t.match(preflight.headers.get('access-control-allow-headers'), /\bauthorization\b/)
    t.match(preflight.headers.get('access-control-allow-methods'), /\bGET\b/)
  }
  const refused = await server.send('/diffraction/files?esaf=1', { headers: { origin } })
  t.equal(refused.status, 401)
  t.equal(refused.headers.get('access-control-allow-origin'), origin, 'refusals can be read too')
  const open = await buildDiffraction(t, { env: { DIFFRACTION_ORIGINS: '*' } })
  t.equal((await open.send('/diffraction/files?esaf=1', { headers: { origin } })).headers.get('access-control-allow-origin'), '*')
})
