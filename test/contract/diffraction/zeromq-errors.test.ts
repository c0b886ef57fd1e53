// What is answered to requests that cannot be done, in the words of the LS-CAT image server, and to messages that are none.
import { writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import path from 'node:path'
import t from 'tap'
import { failTasks, usualSessions } from '../../diffraction-server.ts'
import { buildFrameServer, connectDealer, jsonOf, pictureRequest, writeFrame } from '../../diffraction-peers.ts'

t.test('errors', async t => {
  const server = await buildFrameServer(t)
  writeFrame(server.folder)
  writeFileSync(path.join(server.folder, 'broken.cbf'), '###CBF: broken')
  const { ask } = server.asker()
  /** The text of an error, which comes alone. */
  const failed = async (request: unknown): Promise<string> => {
    const reply = await ask(request)
    t.equal(reply.length, 1, 'one part')
    return String(reply[0])
  }

  t.test('what is no JSON', async t => {
    for (const text of ['', 'nonsense', '{"pid":', '[1', '{"a":1}x', Buffer.from([0x22, 0xff, 0x22]), '['.repeat(100_000), '{"a":123456789012345678901}']) {
      t.match(await failed(text), /^isMain\.c main: Failed to parse request: ./)
    }
    t.match(await failed(`{"a":"${'x'.repeat(300_000)}"}`), /^isMain\.c main: Failed to parse request: .*bytes/)
  })

  t.test('without a pid', async t => {
    for (const request of ['{}', '[]', '"pid"', '7', '{"pid":7}', '{"pid":null,"type":"jpeg"}', '{"__proto__":{"pid":"demo"}}']) {
      t.equal(await failed(request), 'isMain.c main: request does not contain pid')
    }
  })

  t.test('without a session', async t => {
    t.equal(await failed(pictureRequest({ pid: 'nobody' })), 'isMain.c main: Process nobody is not authorized (2)')
    t.match(await failed(pictureRequest({ pid: '\u0000x' })), /^isMain\.c main: Process {2}x is not authorized \(2\)$/)
  })

  t.test('with a session that has ended since', async t => {
    server.signIn({ ...usualSessions, late: { uid: userInfo().username, pid: 'late', role: 'user', allowedESAFs: [1] } })
    t.equal((await ask(pictureRequest({ pid: 'late' }))).length, 4)
    server.signIn(usualSessions)
    t.equal(await failed(pictureRequest({ pid: 'late' })), 'isMain.c main: Process late is not authorized (7)')
  })

  t.test('for an ESAF of others, and without one', async t => {
    t.equal(await failed(pictureRequest({ esaf: 9 })), 'isMain.c main: Process demo is not authorized for esaf 9')
    for (const esaf of [undefined, 0, -1, '1', 1.5]) t.equal(await failed(pictureRequest({ esaf })), 'isMain.c main: Process demo is not authorized for esaf 0')
    t.equal((await ask(pictureRequest())).length, 4, 'others are answered all the same')
  })

  t.test('of a type that there is not', async t => {
    t.equal(await failed({ pid: 'demo', esaf: 1 }), 'isWorker.c isWorker: No type parameter in job {"esaf":1,"pid":"demo"}')
    t.equal(await failed({ pid: 'demo', type: 7 }), 'isWorker.c isWorker: No type parameter in job {"pid":"demo","type":7}')
    t.equal(await failed({ pid: 'demo', type: 'Sing' }), 'isWorker.c isWorker: Unknown job type \'Sing\' in job \'{"pid":"demo","type":"Sing"}\'')
    for (const type of ['rsync_host_test', 'rsync_connection_test', 'local_dir_stats', 'rsync_transfer']) t.match(await failed({ pid: 'demo', type }), /^isWorker\.c isWorker: Obsolete job type /)
  })

  t.test('of files that cannot be read', async t => {
    for (const fn of ['missing.mccd', '../test.mccd', '/etc/passwd', 'broken.cbf', 'x\u0000y', '.']) {
      t.match(await failed(pictureRequest({ fn })), /^isJpeg\.c isJpeg: ./)
    }
    t.match(await failed(pictureRequest({ frame: 2 })), /^isJpeg\.c isJpeg: ./)
    t.equal(await failed({ pid: 'demo', esaf: 1, type: 'spots' }), 'isSpots.c isSpots: Missing filename for job {"esaf":1,"pid":"demo","type":"spots"}')
    t.equal(await failed({ pid: 'demo', esaf: 1, type: 'spots', fn: 'no.h5' }), 'isSpots.c isSpots: Missing data for job {"esaf":1,"fn":"no.h5","pid":"demo","type":"spots"}')
  })

  t.test('of sizes that are too large, and members that are wrong', async t => {
    t.match(await failed(pictureRequest({ xsize: 10_001 })), /^isJpeg\.c isJpeg: .*too large.*100000000 pixels/)
    t.match(await failed(pictureRequest({ xsize: 70_000, fn: '' })), /^isJpeg\.c isJpeg: .*too large/)
    t.match(await failed(pictureRequest({ xsize: Number.MAX_SAFE_INTEGER })), /^isJpeg\.c isJpeg: .*too large/)
    for (const wrong of [{ mode: 'best' }, { palette: 7 }, { percentiles: [3, 1] }, { percentiles: 'all' }, { rings: [0] }, { maskColour: 'red' }, { maskColour: [1, 2, 300] }, { quality: 101 }, { quality: 9.5 }, { frames: 0 }, { invert: 'yes' }, { ysize: 0 }, { format: 'gif' }]) {
      t.match(await failed(pictureRequest(wrong)), new RegExp(`^isJpeg\\.c isJpeg: The member ${Object.keys(wrong)[0]} of the request must be `))
    }
  })

  t.test('of indexing where no program is configured, or no files are named', async t => {
    t.match(await failed({ pid: 'demo', esaf: 1, type: 'index' }), /^isIndex\.c isIndex: .*fn1/)
    t.match(await failed({ pid: 'demo', esaf: 1, type: 'index', fn1: 'test.mccd', fn2: 'test.mccd', frame1: 1, frame2: 1 }), /^isIndex\.c isIndex: ./)
  })

  t.test('with a code for those who ask', async t => {
    const reply = await ask(pictureRequest({ fn: 'missing.mccd', errors: 'code' }))
    t.equal(reply.length, 2)
    t.equal(jsonOf(reply[1]).code, 'TUTTI_DIFFRACTION_FILE_MISSING')
    t.match(String(reply[0]), /^isJpeg\.c isJpeg: /)
    t.equal(jsonOf((await ask(pictureRequest({ pid: 'nobody', errors: 'code' })))[1]).code, 'TUTTI_DIFFRACTION_NOT_AUTHORIZED')
  })

  t.test('in at most 4095 bytes', async t => {
    const text = await ask({ pid: 'demo', type: 'é'.repeat(5000) })
    t.ok(text[0] !== undefined && text[0].length <= 4095 && text[0].length > 4000)
    t.notMatch(String(text[0]), /\ufffd/)
  })

  t.test('nothing of files, paths or tokens is in them or in the log', async t => {
    const text = await failed(pictureRequest({ fn: '../secret.mccd' }))
    t.notMatch(text, server.folder)
    t.notMatch(JSON.stringify(server.logs), /secret\.mccd|"demo"/)
  })

  t.test('messages that are no requests', async t => {
    const dealer = connectDealer(t, server.address)
    const exchange = async (parts: Array<string | Buffer>) => {
      await dealer.send(parts)
      return (await dealer.receive()).map(String)
    }
    const good = JSON.stringify(pictureRequest({ xsize: 8 }))
    t.match(await exchange(['{}']), ['', /delimiter/], 'one bare part')
    t.match(await exchange(['']), ['', /no request/], 'an empty part alone')
    t.match(await exchange([...Array(16).fill('hop'), '', good]), [...Array(16).fill('hop'), '', /too many parts/], '17 hops')
    const reply = await exchange([...Array(15).fill('hop'), '', good, 'more', 'parts'])
    t.same(reply.slice(0, 17), [...Array(15).fill('hop'), '', ''], '16 hops, and parts behind the request')
    t.equal(reply.length, 20)
    await dealer.send(Array(40).fill('no delimiter'))
    t.equal((await ask(pictureRequest())).length, 4, 'what has no way back costs nobody else')
    const metrics = await server.send('/metrics')
    t.match(metrics.text, /tutti_diffraction_zeromq_malformed_total\{fault="too many parts"\} 1\n/)
    t.match(metrics.text, /tutti_diffraction_zeromq_malformed_total\{fault="no way back"\} 1\n/)
    t.match(metrics.text, /tutti_diffraction_zeromq_answers_total\{type="jpeg",result="OK"\}/)
  })
})

t.test('with DIFFRACTION_LEGACY a picture of what cannot be read is blank', async t => {
  const server = await buildFrameServer(t, { env: { DIFFRACTION_LEGACY: 'on' } })
  failTasks(server, 'FILE_BROKEN')
  const reply = await server.asker().ask(pictureRequest({ fn: 'missing.mccd' }))
  t.equal(reply.length, 4)
  t.equal(reply[2]?.length, 0)
  t.notOk('bval_used' in jsonOf(reply[1]))
})
