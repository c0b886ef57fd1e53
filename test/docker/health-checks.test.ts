// The programs that look after the health of a container: our own, and the stand-in for curl.
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import { makeKeyPair } from '../lib/fixtures/key-pair.ts'

const folder = path.join(import.meta.dirname, '../../docker')

/** A server that answers as its paths say; gives its port. */
async function serve (t: Test): Promise<number> {
  const server = createServer(({ url }, response) => {
    if (url === '/cut') response.destroy()
    else if (url !== '/silent') response.writeHead(Number(url?.slice(1))).end(`this is ${url}`)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.teardown(() => { server.close(); server.closeAllConnections() })
  return (server.address() as AddressInfo).port
}

/** Runs one of the programs; gives its exit code and what it said. */
function run (program: string, args: string[], environment: NodeJS.ProcessEnv = {}): Promise<{ code: number, stdout: string, stderr: string }> {
  return new Promise(resolve => {
    const child = execFile(process.execPath, [path.join(folder, program), ...args], { env: environment }, (_error, stdout, stderr) => {
      resolve({ code: child.exitCode ?? -1, stdout, stderr })
    })
  })
}

t.test('a server that answers well is healthy, any other is not, and the reason is said', async t => {
  const PORT = String(await serve(t))
  t.match(await run('healthcheck.mjs', ['/200'], { PORT }), { code: 0, stderr: '' })
  t.match(await run('healthcheck.mjs', ['/503'], { PORT }), { code: 1, stderr: '/503 answers 503: this is /503' })
  t.match(await run('healthcheck.mjs', ['/302'], { PORT }), { code: 1, stderr: '/302 answers 302' })
  t.match(await run('healthcheck.mjs', ['/cut'], { PORT }), { code: 1, stderr: '/cut: socket hang up' })
  t.match(await run('healthcheck.mjs', ['/silent'], { PORT }), { code: 1, stderr: '/silent: no answer in time' })
})

t.test('a server that listens for TLS alone is asked so, whatever name its certificate has', async t => {
  const server = createSecureServer({ ...await makeKeyPair('track.example.org') }, (_request, response) => { response.writeHead(200).end() })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.teardown(() => { server.close(); server.closeAllConnections() })
  const SSL_PORT = String((server.address() as AddressInfo).port)
  t.match(await run('healthcheck.mjs', ['/200'], { PORT: '1', SSL_ONLY: 'on', SSL_PORT }), { code: 0, stderr: '' })
  t.match(await run('healthcheck.mjs', ['/200'], { PORT: SSL_PORT, SSL_ONLY: 'off' }), { code: 1 })
})

t.test('curl -f ends as curl does', async t => {
  const origin = `http://localhost:${await serve(t)}`
  t.match(await run('curl.mjs', ['-f', `${origin}/200`]), { code: 0, stdout: 'this is /200', stderr: '' })
  t.match(await run('curl.mjs', [`${origin}/503`]), { code: 0, stdout: 'this is /503' })
  t.match(await run('curl.mjs', ['-f', `${origin}/503`]), { code: 22, stdout: '', stderr: 'the server answers 503' })
  t.match(await run('curl.mjs', ['-sf', '-o', '/dev/null', `${origin}/200`]), { code: 0, stdout: '', stderr: '' })
  t.match(await run('curl.mjs', ['-sf', `${origin}/503`]), { code: 22, stderr: '' })
  t.match(await run('curl.mjs', ['-f', `${origin}/cut`]), { code: 7 })
  t.match(await run('curl.mjs', ['--fail', '--max-time', '0.3', `${origin}/silent`]), { code: 28, stderr: 'no answer within 0.3 s' })
})

t.test('what the stand-in for curl does not know it refuses, with what it is', async t => {
  for (const args of [[], ['--data', 'x', 'http://localhost/'], ['-o', '/tmp/file', 'http://localhost/'], ['https://localhost/'], ['http://a/', 'http://b/'], ['-fk', 'http://localhost/']]) {
    t.match(await run('curl.mjs', args), { code: 2, stderr: 'This is no curl but a stand-in for health checks' }, args.join(' '))
  }
})
