// The IIIF Image API 3 over HTTP: documents, headers, caching, links. Tasks are answered by the test.
import t from 'tap'
import { answerTasks, buildDiffraction, iiif, usualSessions, token } from '../../diffraction-server.ts'

const description = { metadata: {}, identity: { device: 1, inode: 2, modified: '3', size: 4 }, format: 'cbf', frames: 1, width: 1200, height: 800, geometry: undefined }
const picture = { ...description, bytes: new Uint8Array([1, 2, 3]), mediaType: 'image/jpeg', width: 8, height: 8, spots: undefined, levels: { black: 9, white: 1 }, depth: 32, statistics: {} }

t.test('a frame', async t => {
  const server = await buildDiffraction(t, { env: { DIFFRACTION_LINK_SECRET: 'a secret of 16 letters', DIFFRACTION_MAX_PIXELS: '2000000' } })
  let identity = description.identity
  const asked: Array<[task: string, ask: Record<string, unknown>, who: { user: string, esaf: number }]> = []
  answerTasks(server, (task, ask, who) => {
    asked.push([task, ask, who])
    return { ...task === 'describe' ? description : picture, identity }
  })
  const base = iiif('a b/ü_master.h5', 7)

  t.test('leads from its identifier to info.json', async t => {
    for (const path of [base, `${base}/`]) {
      const { status, headers } = await server.ask(path)
      t.equal(status, 303)
      t.equal(new URL(headers.get('location') ?? '', server.origin + path).pathname, `${base}/info.json`)
    }
  })

  t.test('is described as the standard says', async t => {
    const { status, headers, json } = await server.ask(`${base}/info.json`)
    t.equal(status, 200)
    t.equal(headers.get('content-type'), 'application/json; charset=utf-8')
    t.equal(headers.get('link'), '<http://iiif.io/api/image/3/level2.json>;rel="profile"')
    t.match(json, {
      '@context': 'http://iiif.io/api/image/3/context.json',
      id: server.origin + base,
      type: 'ImageService3',
      protocol: 'http://iiif.io/api/image',
      profile: 'level2',
      width: 1200,
      height: 800,
      maxArea: 2000000,
      tiles: [{ width: 512, height: 512, scaleFactors: [1, 2, 4] }],
      sizes: [{ width: 300, height: 200 }, { width: 600, height: 400 }, { width: 1200, height: 800 }]
    })
    t.strictSame(asked.at(-1), ['describe', { source: { file: 'a b/ü_master.h5', frame: 7 } }, { key: asked.at(-1)?.[2] && `1:${asked.at(-1)?.[2].user}`, user: asked.at(-1)?.[2].user, esaf: 1 }])
    const linked = await server.ask(`${base}/info.json`, { accept: 'application/ld+json' })
    t.equal(linked.headers.get('content-type'), 'application/ld+json;profile="http://iiif.io/api/image/3/context.json"')
    const encoded = Buffer.from('1:a b/ü_master.h5:7').toString('base64url')
    t.match((await server.ask(`/iiif/3/${encoded}/info.json`)).json, { id: `${server.origin}/iiif/3/${encoded}` })
  })

  t.test('is cut, reduced and turned as asked for, and its canonical address told', async t => {
    for (const [path, part, width, height, turn, canonical] of [
      ['0,0,512,512/256,/0/default.jpg', { x: 0, y: 0, width: 512, height: 512 }, 256, 256, undefined, '0,0,512,512/256,256/0/default.jpg'],
      ['full/max/!90/color.jpg', { x: 0, y: 0, width: 1200, height: 800 }, 1200, 800, { mirror: true, rotation: 90 }, 'full/max/!90/default.jpg'],
      ['square/%5E!1000,1000/0/gray.png', { x: 200, y: 0, width: 800, height: 800 }, 1000, 1000, undefined, '200,0,800,800/^1000,1000/0/gray.png'],
      ['pct:50,50,50,50/pct:10/0/default.raw/', { x: 600, y: 400, width: 600, height: 400 }, 60, 40, undefined, '600,400,600,400/60,40/0/default.raw']
    ] as const) {
      const { status, headers } = await server.ask(`${base}/${path}`)
      t.equal(status, 200, path)
      t.equal(headers.get('link'), `<${server.origin}${base}/${canonical}>;rel="canonical", <http://iiif.io/api/image/3/level2.json>;rel="profile"`)
      t.equal(headers.get('diffraction-levels'), 'black=9, white=1')
      t.equal(headers.get('diffraction-depth'), path.includes('raw') ? '32' : null)
      const [task, ask] = asked.at(-1) ?? []
      t.equal(task, 'picture')
      t.match(ask?.reduction, { part, width, height, frames: 1 })
      t.strictSame((ask?.drawing as { turn?: unknown }).turn, turn)
    }
    for (const path of ['full/1201,/0/default.jpg', 'full/^9999,9999/0/default.jpg', 'full/max/45/default.jpg', 'full/max/0/default.tif', 'full/max/0/native.jpg', '1200,0,1,1/max/0/default.jpg', 'x/max/0/default.jpg']) {
      const { status, json } = await server.ask(`${base}/${path}`)
      t.equal(status, 400, path)
      t.match(json, { code: 'TUTTI_DIFFRACTION_REQUEST' })
    }
  })

  t.test('is not sent again as long as the file and the request are the same', async t => {
    for (const path of [`${base}/info.json`, `${base}/full/max/0/default.jpg`, `${base}/full/max/0/default.jpg?palette=heat`]) {
      const { headers } = await server.ask(path)
      t.equal(headers.get('cache-control'), 'private, no-cache')
      t.match(headers.get('vary'), /Authorization/)
      const etag = headers.get('etag') ?? ''
      asked.length = 0
      const again = await server.ask(path, { 'if-none-match': etag })
      t.equal(again.status, 304)
      t.equal(again.text, '')
      t.notOk(asked.some(([task]) => task === 'picture'), 'no picture is made for it')
      t.equal((await server.ask(path, { 'if-none-match': '"another"' })).status, 200)
      identity = { ...identity, modified: `${identity.modified}1` }
      const changed = await server.ask(path, { 'if-none-match': etag })
      t.equal(changed.status, 200, 'a file that was written anew')
      t.not(changed.headers.get('etag'), etag)
    }
    const [one, other] = [await server.ask(`${base}/full/max/0/default.jpg?black=1`), await server.ask(`${base}/full/max/0/default.jpg?black=2`)]
    t.not(one.headers.get('etag'), other.headers.get('etag'))
  })

  t.test('can be seen by a link without a session, that frame alone and as the user who made it, also after signing out', async t => {
    const made = await server.tell('/diffraction/links', { esaf: 1, fn: 'a b/ü_master.h5', frame: 7, seconds: 60 })
    t.equal(made.status, 201)
    const { id, path, expires } = made.json as { id: string, path: string, expires: string }
    t.equal(path, `/iiif/3/${id}/info.json`)
    t.ok(Date.parse(expires) > Date.now() && Date.parse(expires) <= Date.now() + 60_000)
    const user = asked.at(-1)?.[2].user
    server.signIn({})
    const { status, json } = await server.send(path)
    t.equal(status, 200)
    t.match(json, { id: `${server.origin}/iiif/3/${id}`, width: 1200 })
    t.equal((await server.send(`/iiif/3/${id}/full/600,/0/default.jpg`)).status, 200)
    t.match(asked.at(-1), ['picture', { source: { file: 'a b/ü_master.h5', frame: 7 } }, { user, esaf: 1 }])
    for (const wrong of [`${id}x`, id.slice(0, -4), `x${id}`, id.replace('.', '..'), '.']) t.not((await server.send(`/iiif/3/${wrong}/info.json`)).status, 200, wrong)
    t.equal((await server.send(`/iiif/3/${id.slice(0, -4)}AAAA/info.json`)).status, 403)
    server.signIn(usualSessions)
    for (const seconds of [0, 604801, 'x']) t.equal((await server.tell('/diffraction/links', { esaf: 1, fn: 'a', seconds })).status, 400)
  })

  t.test('HEAD and OPTIONS are answered', async t => {
    const head = await server.fetch(`${base}/full/max/0/default.jpg`, { method: 'HEAD' })
    t.equal(head.status, 200)
    t.equal(head.headers.get('content-length'), '3')
    t.equal((await server.send(`${base}/info.json`, { method: 'OPTIONS' })).headers.get('allow'), 'GET,HEAD')
  })

  t.test('a host that is no host is not written down', async t => {
    const { json } = await server.app.inject({ url: `${base}/info.json`, headers: { authorization: `Bearer ${token}`, host: 'a>;rel="x' } }).then(reply => ({ json: reply.json() as { id: string } }))
    t.equal(json.id, base)
  })
})

t.test('there are no links where there is no secret', async t => {
  const server = await buildDiffraction(t)
  t.equal((await server.tell('/diffraction/links', { esaf: 1, fn: 'a' })).status, 503)
  t.equal((await server.send('/iiif/3/abc.def/info.json')).status, 403)
})
