// The requests that were sent to a running LS-CAT image server, sent to ours by ZeroMQ through a proxy: job, metadata and pixels come back as they did from there.
// Its frames need Debian's Python.
import { copyFileSync, mkdirSync, readdirSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { openProxy } from '../../lib/diffraction/zeromq/proxy.ts'
import { buildFrameServer, connectAsker, jsonOf } from '../diffraction-peers.ts'
import { decodedPicture, recordedPictures } from '../recorded-pictures.ts'
import { recordedFrames } from './diffraction-input.ts'

/** Whether the LS-CAT image server says this rightly: lists come out garbled there, and overloads are counted for the next reply only. */
const isRight = ([name, value]: [string, unknown]) => !Array.isArray(value) && name !== 'nSaturated'

t.test('recorded requests', async t => {
  const frames = await recordedFrames()
  const proxy = await openProxy({ front: ['tcp://127.0.0.1:*'], back: ['tcp://127.0.0.1:*'] })
  t.teardown(() => proxy.close())
  const session = { uid: 'somebody', pid: 'PID-AAA', role: 'user', allowedESAFs: [12345] }
  const server = await buildFrameServer(t, { sessions: { 'PID-AAA': session }, env: { DIFFRACTION_ZMQ: `connect:${proxy.back[0]}` } })
  const data = path.join(server.folder, 'data')
  mkdirSync(data)
  // A link to the folder would lead out of where files may be.
  for (const name of readdirSync(frames).filter(each => /^(test\.mccd|eig9_)/.test(each))) copyFileSync(path.join(frames, name), path.join(data, name))
  const { ask } = connectAsker(t, proxy.front[0] ?? '')

  for (const { name, request, job, meta, size, rgb_sha256: hash } of recordedPictures()) {
    t.test(`the reply to ${name} is the recorded one`, async t => {
      const [none, ownJob, ownMeta, picture = Buffer.alloc(0), ...more] = await ask(request)
      t.equal(none?.length, 0, String(none))
      t.equal(more.length, 0)
      t.same(jsonOf(ownJob), job)
      t.same(await decodedPicture(picture), { size, rgb_sha256: hash })
      if (meta === null) {
        t.equal(ownMeta?.length, 0)
        return
      }
      const own = jsonOf(ownMeta)
      const expected = Object.entries(meta).filter(isRight)
      t.same(Object.fromEntries(expected.map(([key]) => [key, own[key]])), Object.fromEntries(expected))
    })
  }
})
