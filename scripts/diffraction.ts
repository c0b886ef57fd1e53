// npm run diffraction -- jpeg FILE …: asks a server for frames, by ZeroMQ or by HTTP, prints what it says of them and writes pictures to files.
import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { createDiffractionClient } from '../lib/diffraction/client.ts'

const usage = 'npm run diffraction -- TYPE [FILE [FILE2]] --server ADDRESS [--esaf NUMBER] [--pid TOKEN] [--frame NUMBER] [--size PIXELS] [--set NAME=VALUE …] [--out FILE] [--timeout MS]\n' +
  'TYPE is jpeg, spots, index, meta, pixel, histogram, radial, findspots or cancel. ADDRESS is that of a server or proxy (tcp://…, ipc://…), or of a\n' +
  'server by HTTP (http://…, https://…). The token may be in the variable DIFFRACTION_PID instead, where others on this machine do not see it.\n' +
  '--set gives any other member of the request: its value is JSON, or a text, such as --set scale=log --set percentiles=[1,99.5]'

async function main () {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      server: { type: 'string', default: process.env.DIFFRACTION_SERVER ?? '' },
      pid: { type: 'string', default: process.env.DIFFRACTION_PID ?? '' },
      esaf: { type: 'string', default: '0' },
      frame: { type: 'string' },
      size: { type: 'string' },
      set: { type: 'string', multiple: true, default: [] },
      out: { type: 'string' },
      timeout: { type: 'string', default: '15000' }
    }
  })
  const [type, file, second, ...more] = positionals
  const timeout = Number(values.timeout)
  if (type === undefined || values.server === '' || more.length > 0 || !(timeout > 0)) throw new Error(usage)
  const request: Record<string, unknown> = {
    type,
    pid: values.pid,
    esaf: wholeNumber('--esaf', values.esaf),
    ...type.toLowerCase() === 'index' ? { fn1: file, fn2: second ?? file } : { fn: file },
    ...values.frame !== undefined && { frame: wholeNumber('--frame', values.frame) },
    ...values.size !== undefined && { xsize: wholeNumber('--size', values.size) },
    ...Object.fromEntries(values.set.map(member))
  }
  const { picture, texts } = await (/^https?:/.test(values.server) ? askByHttp : askByZeroMq)(values.server, request, timeout)
  for (const text of texts) console.log(text)
  if (picture === undefined) return
  if (values.out === undefined) console.error(`A picture of ${picture.length} bytes came; --out FILE writes it.`)
  else await writeFile(values.out, picture)
}

interface Answer { texts: string[], picture: Uint8Array | undefined }

async function askByZeroMq (server: string, request: Record<string, unknown>, timeout: number): Promise<Answer> {
  const client = createDiffractionClient({ server, timeout })
  try {
    const { parts } = await client.call(request)
    // What is no JSON is the picture, always last.
    const last = parts.at(-1)
    const picture = parts.length === 3 && last !== undefined && last[0] !== 0x7b ? last : undefined
    return { texts: (picture === undefined ? parts : parts.slice(0, -1)).filter(part => part.length > 0).map(part => part.toString()), picture }
  } finally {
    client.close()
  }
}

async function askByHttp (server: string, { pid, type, ...request }: Record<string, unknown>, timeout: number): Promise<Answer> {
  const address = new URL(`diffraction/${encodeURIComponent(String(type).toLowerCase())}`, server.replace(/\/?$/, '/'))
  const response = await fetch(address, {
    method: 'POST',
    headers: { authorization: `Bearer ${String(pid)}`, 'content-type': 'application/json' },
    body: JSON.stringify(request),
    signal: AbortSignal.timeout(timeout)
  })
  if (!response.ok) throw new Error(`the server answers with status ${response.status}: ${(await response.text()).slice(0, 1000)}`)
  const isText = /^(application\/json|text\/)/.test(response.headers.get('content-type') ?? '')
  return isText ? { texts: [await response.text()], picture: undefined } : { texts: [], picture: new Uint8Array(await response.arrayBuffer()) }
}

function member (text: string): [name: string, value: unknown] {
  const at = text.indexOf('=')
  if (at < 1) throw new Error(`--set ${text}: write it as NAME=VALUE`)
  const [name, value] = [text.slice(0, at), text.slice(at + 1)]
  try {
    return [name, JSON.parse(value)]
  } catch {
    return [name, value]
  }
}

function wholeNumber (option: string, text: string): number {
  if (!/^-?\d{1,15}$/.test(text)) throw new Error(`${option} ${text}: write a whole number`)
  return Number(text)
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
})
