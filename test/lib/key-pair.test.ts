import { generateKeyPairSync } from 'node:crypto'
import { renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { generate } from 'selfsigned'
import t from 'tap'
import type { Test } from 'tap'
import { followKeyPair, readKeyPair } from '../../lib/key-pair.ts'
import type { KeyPair } from '../../lib/key-pair.ts'
import { makeKeyPair, placeKeyPair } from './fixtures/key-pair.ts'

/** Follows files, and gives what is told of them, one after the other. */
async function follow (t: Test, files: { certificate: string, key: string }): Promise<() => Promise<KeyPair | Error>> {
  const told: Array<KeyPair | Error> = []
  const waiting: Array<(what: KeyPair | Error) => void> = []
  const tell = (what: KeyPair | Error) => {
    const next = waiting.shift()
    if (next === undefined) told.push(what)
    else next(what)
  }
  // Following holds up the end of no process, this one included.
  const life = setInterval(() => {}, 60000)
  t.teardown(() => clearInterval(life))
  t.teardown(followKeyPair(files, await readKeyPair(files), { interval: 20, onChange: tell, onFault: error => tell(error as Error) }))
  return async () => told.shift() ?? await new Promise(resolve => waiting.push(resolve))
}

/** The first pair that is told; faults before it are those of a pair of which one half has been written. */
async function pairOf (next: () => Promise<KeyPair | Error>): Promise<KeyPair> {
  for (;;) {
    const told = await next()
    if (!(told instanceof Error)) return told
  }
}

t.test('a certificate and its key are read', async t => {
  const pair = await makeKeyPair('localhost', 10)
  const { env } = placeKeyPair(t, pair)
  const read = await readKeyPair({ certificate: env.SSL_CERT, key: env.SSL_KEY })
  t.equal(read.cert.toString(), pair.cert)
  t.equal(read.key.toString(), pair.key)
  t.equal(read.minVersion, 'TLSv1.2')
  t.ok(Math.abs(read.endsAt.getTime() - Date.now() - 10 * 24 * 60 * 60 * 1000) < 60 * 60 * 1000)
})

t.test('what cannot be used is refused, with the variable, the path and the reason', async t => {
  const [one, other] = [await makeKeyPair(), await makeKeyPair()]
  const short = await generate([{ name: 'commonName', value: 'localhost' }], { keySize: 1024, algorithm: 'sha256' })
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const locked = privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' }).toString()
  const cases: Array<[cert: string, key: string, reason: RegExp]> = [
    ['', one.key, /^SSL_CERT .*cert\.pem cannot be used: it holds no certificate/],
    [one.key, one.key, /^SSL_CERT .* it holds no certificate/],
    [one.cert, one.cert, /^SSL_KEY .*key\.pem cannot be used: it holds no private key/],
    [one.cert, locked, /^SSL_KEY .* without passphrase/],
    [one.cert, other.key, /^SSL_KEY .* it is not the key of the certificate/],
    [`${one.cert}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n`, one.key, /^SSL_CERT .* it holds no certificate/],
    [short.cert, short.private, /^SSL_CERT .* OpenSSL refuses it \(.*key too small\)/]
  ]
  for (const [cert, key, reason] of cases) {
    const { env } = placeKeyPair(t, { cert, key })
    await t.rejects(readKeyPair({ certificate: env.SSL_CERT, key: env.SSL_KEY }), { code: 'TUTTI_CERTIFICATE', message: reason })
  }
  const { env } = placeKeyPair(t, one)
  await t.rejects(readKeyPair({ certificate: `${env.SSL_CERT}.none`, key: env.SSL_KEY }), { message: /^SSL_CERT .* it cannot be read \(ENOENT\)/ })
  await t.rejects(readKeyPair({ certificate: env.SSL_CERT, key: path.dirname(env.SSL_KEY) }), { message: /^SSL_KEY .* it cannot be read \(EISDIR\)/ })
})

t.test('a renewed pair is told, written in place', async t => {
  const placed = placeKeyPair(t, await makeKeyPair())
  const next = await follow(t, { certificate: placed.env.SSL_CERT, key: placed.env.SSL_KEY })
  const renewed = await makeKeyPair()
  placed.replace(renewed)
  t.equal((await pairOf(next)).cert.toString(), renewed.cert)
})

t.test('a renewed pair is told, where links lead to it', async t => {
  const folder = t.testdir({})
  const write = async (name: string) => {
    const pair = await makeKeyPair()
    writeFileSync(path.join(folder, `${name}-cert.pem`), pair.cert)
    writeFileSync(path.join(folder, `${name}-key.pem`), pair.key)
    for (const part of ['cert', 'key']) {
      symlinkSync(`${name}-${part}.pem`, path.join(folder, `${part}.new`))
      renameSync(path.join(folder, `${part}.new`), path.join(folder, `${part}.pem`))
    }
    return pair
  }
  await write('first')
  const next = await follow(t, { certificate: path.join(folder, 'cert.pem'), key: path.join(folder, 'key.pem') })
  const renewed = await write('second')
  t.equal((await pairOf(next)).cert.toString(), renewed.cert)
})

t.test('what does not fit together is a fault, and the pair that follows is told', async t => {
  const placed = placeKeyPair(t, await makeKeyPair())
  const next = await follow(t, { certificate: placed.env.SSL_CERT, key: placed.env.SSL_KEY })
  const renewed = await makeKeyPair()
  writeFileSync(placed.env.SSL_CERT, renewed.cert)
  t.match(await next(), { code: 'TUTTI_CERTIFICATE', message: /not the key/ })
  rmSync(placed.env.SSL_KEY)
  t.match(await next(), { code: 'TUTTI_CERTIFICATE', message: /ENOENT/ })
  writeFileSync(placed.env.SSL_KEY, renewed.key)
  t.equal((await pairOf(next)).key.toString(), renewed.key)
})
