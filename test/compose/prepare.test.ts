// prepare.sh: what an operator runs first, and may run again.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, cpSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import path from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import { composeFolder, shortFolder } from '../engines/nginx.ts'

interface Prepared { code: number | null, stdout: string, stderr: string }

/** A copy of the folder without what prepare.sh makes, and a socket such as Docker's. */
async function copy (t: Test): Promise<{ folder: string, socket: string, prepare: (environment?: Record<string, string>) => Promise<Prepared> }> {
  const folder = shortFolder(t)
  cpSync(composeFolder, folder, { recursive: true, filter: source => !/\/(\.env|keys)$/.test(source) })
  const socket = path.join(folder, 'docker.sock')
  const server = createServer().listen(socket)
  await once(server, 'listening')
  t.teardown(() => { server.close() })
  return {
    folder,
    socket,
    async prepare (environment = { DOCKER_SOCKET: socket }) {
      const child = spawn('sh', [path.join(folder, 'prepare.sh')], { cwd: '/', env: { PATH: process.env.PATH, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] })
      let [stdout, stderr] = ['', '']
      child.stdout.on('data', chunk => { stdout += String(chunk) })
      child.stderr.on('data', chunk => { stderr += String(chunk) })
      const [code] = await once(child, 'close')
      return { code, stdout, stderr }
    }
  }
}

const setting = (text: string, name: string) => text.match(new RegExp(`^${name}=(.*)$`, 'm'))?.[1]

t.test('it writes .env, with the group of the socket and a token, and files for keys that only their owner reads', async t => {
  const { folder, socket, prepare } = await copy(t)
  const { code, stderr, stdout } = await prepare()
  t.equal(code, 0)
  t.equal(stderr, '')
  const env = readFileSync(path.join(folder, '.env'), 'utf8')
  t.equal(setting(env, 'DOCKER_GID'), String(statSync(socket).gid))
  t.equal(setting(env, 'DOCKER_SOCKET'), socket)
  t.match(setting(env, 'OPERATOR_TOKEN'), /^[0-9a-f]{48}$/)
  t.notMatch(stdout, setting(env, 'OPERATOR_TOKEN') ?? '', 'the token is not shown')
  const names = (text: string) => [...text.matchAll(/^([A-Z_]+)=/gm)].map(([, name]) => name)
  t.strictSame(names(env), names(readFileSync(path.join(folder, '.env.example'), 'utf8')))
  t.strictSame(readdirSync(path.join(folder, 'keys')).sort(), ['autour-preprocessor.env', 'ocr-clouds-preprocessor.env'])
  for (const file of ['.env', 'keys/autour-preprocessor.env', 'keys/ocr-clouds-preprocessor.env']) {
    t.equal(statSync(path.join(folder, file)).mode & 0o777, 0o600, file)
  }
})

t.test('it changes nothing when it is run again, and says so', async t => {
  const { folder, prepare } = await copy(t)
  await prepare()
  const key = path.join(folder, 'keys/autour-preprocessor.env')
  writeFileSync(key, 'GOOGLE_PLACES_KEY=abc\n')
  const env = readFileSync(path.join(folder, '.env'), 'utf8')
  const { code, stdout } = await prepare({})
  t.equal(code, 0)
  t.match(stdout, /\.env is there and is kept\.\nDOCKER_GID is \d+, as it should be\.\n$/)
  t.equal(readFileSync(path.join(folder, '.env'), 'utf8'), env)
  t.equal(readFileSync(key, 'utf8'), 'GOOGLE_PLACES_KEY=abc\n')
})

t.test('of an .env that is there it changes DOCKER_GID only', async t => {
  const { folder, socket, prepare } = await copy(t)
  const gid = statSync(socket).gid
  const file = path.join(folder, '.env')
  for (const [before, after] of [
    ['# mine\nDOCKER_GID=99999\nMAX_BODY=5mb & more\\n\n', `# mine\nDOCKER_GID=${gid}\nMAX_BODY=5mb & more\\n\n`],
    ['MAX_BODY=5mb\n', `MAX_BODY=5mb\nDOCKER_GID=${gid}\n`]
  ] as const) {
    writeFileSync(file, before)
    t.equal((await prepare()).code, 0)
    t.equal(readFileSync(file, 'utf8'), after)
  }
})

t.test('what containers read can be read by everybody, however strict the umask was', async t => {
  const { folder, prepare } = await copy(t)
  const file = path.join(folder, 'nginx/start.sh')
  chmodSync(file, 0o600)
  await prepare()
  t.equal(statSync(file).mode & 0o777, 0o644)
})

t.test('without a socket it says what to do and makes nothing', async t => {
  const { folder, prepare } = await copy(t)
  const { code, stderr } = await prepare({ DOCKER_SOCKET: '/nowhere/docker.sock' })
  t.equal(code, 1)
  t.match(stderr, 'There is no socket at /nowhere/docker.sock. Start Docker, or name its socket')
  t.notOk(readdirSync(folder).includes('.env'))
})

t.test('what it makes, and what operators put beside it, is unknown to git', async t => {
  t.strictSame(readFileSync(path.join(composeFolder, '.gitignore'), 'utf8').trim().split('\n').sort(), ['.env', 'certificates/', 'diffraction/', 'frames/', 'keys/'])
})
