// Starts nginx as the compose files start it, on an address of this machine, and a name server such as Docker's for it to ask.
import { spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { chmodSync, closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, watch } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Test } from 'tap'

/** The folder of the compose files. */
export const composeFolder = path.join(import.meta.dirname, '../../compose')

/** A folder that goes with its test; its path is short enough for sockets, and everybody can read it. */
export function shortFolder (t: Test): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'tutti-'))
  // Started by root, nginx works as somebody else.
  chmodSync(folder, 0o755)
  t.teardown(() => { rmSync(folder, { recursive: true, force: true }) })
  return folder
}

/** One line of nginx's access log. */
export type AccessLine = Record<string, string | number>

/** An nginx that runs. */
export interface Nginx {
  origin: string
  /** Resolves with the line of the log of that number, counted from 1, once it has been written. */
  line (number: number): Promise<AccessLine>
  /** Everything that it wrote. */
  output (): string
}

/**
 * Starts nginx from a template; it ends with its test.
 * @param environment - as in the compose files; RUN_DIR and LISTEN are given
 * @throws Error with what nginx wrote when it does not start
 */
export async function startNginx (t: Test, template: 'entry' | 'socket-proxy', environment: Record<string, string>): Promise<Nginx> {
  const folder = shortFolder(t)
  // An address of this process alone, so that its ports are free.
  const { pid } = process
  const address = `127.${64 + (pid >> 16 & 63)}.${pid >> 8 & 255}.${1 + pid % 254}`
  const listen = `${address}:${20000 + Number(process.hrtime.bigint() % 10000n)}`
  // nginx opens its output by name, which a pipe of Node does not allow but a file does.
  const log = path.join(folder, 'log')
  const stdout = openSync(log, 'a')
  const child = spawn('sh', [path.join(composeFolder, 'nginx/start.sh'), template], {
    env: { PATH: process.env.PATH, RUN_DIR: folder, LISTEN: listen, ...environment }, stdio: ['ignore', stdout, 'pipe']
  })
  closeSync(stdout)
  const ended = once(child, 'close')
  t.teardown(async () => {
    child.kill('SIGTERM')
    await ended
  })
  let errors = ''
  child.stderr?.on('data', chunk => { errors += String(chunk) })
  const output = () => readFileSync(log, 'utf8') + errors

  // It writes its number when it listens.
  const pidFile = path.join(folder, 'nginx.pid')
  const controller = new AbortController()
  try {
    await Promise.race([
      changed(folder, () => existsSync(pidFile) || undefined, controller.signal),
      ended.then(() => { throw new Error(output()) })
    ])
  } finally {
    controller.abort()
  }
  return {
    origin: `http://${listen}`,
    output,
    line: async number => await changed(folder, () => {
      const text = readFileSync(log, 'utf8').split('\n').slice(0, -1)[number - 1]
      return text === undefined ? undefined : JSON.parse(text) as AccessLine
    })
  }
}

/** Looks now and whenever a folder changes, until there is something to see. */
async function changed<T> (folder: string, look: () => T | undefined, signal?: AbortSignal): Promise<T> {
  const watcher = watch(folder)
  try {
    for (;;) {
      const seen = look()
      if (seen !== undefined) return seen
      await once(watcher, 'change', { signal })
    }
  } finally {
    watcher.close()
  }
}

/** A name server that answers every question for addresses with those that it has at that moment. */
export interface NameServer {
  /** Address and port, as nginx wants them. */
  place: string
  /** IPv4 addresses; none means that there is no such name. May be changed at any time. */
  addresses: string[]
}

/** Starts a name server such as Docker's. */
export async function startNameServer (t: Test, addresses: string[]): Promise<NameServer> {
  const socket = createSocket('udp4')
  socket.on('message', (question, from) => {
    // RFC 1035: the header, the question as it came, then one answer for each address, pointing back to the question's name.
    const end = question.indexOf(0, 12) + 5
    const header = Buffer.from(question.subarray(0, 12))
    const { addresses } = server
    header.writeUInt16BE(addresses.length > 0 ? 0x8180 : 0x8183, 2)
    header.writeUInt16BE(addresses.length, 6)
    header.writeUInt32BE(0, 8)
    const answers = addresses.map(address => Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, ...address.split('.').map(Number)]))
    socket.send(Buffer.concat([header, question.subarray(12, end), ...answers]), from.port, from.address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  t.teardown(() => { socket.close() })
  const server: NameServer = { place: `127.0.0.1:${socket.address().port}`, addresses }
  return server
}
