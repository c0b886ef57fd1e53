// Reads node documents: what a device is told of a deployment. Everything in them is checked before anything is fetched.
import type { Endpoint, NodeDocument } from '../lib/devices/deployment.ts'
import { isHttp } from './settings.ts'
import { Refusal } from './requests.ts'

const mostModules = 64
const mostNames = 256

type Json = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)
const wrong = (what: string) => new Refusal(400, `The deployment cannot be taken: ${what}.`)

/** A name that can be one of a file in a folder, and nothing else. */
export function isFileName (name: unknown): name is string {
  return typeof name === 'string' && name.length > 0 && name.length <= 200 && name !== '.' && name !== '..' && !/[/\\\p{Cc}]/u.test(name)
}

function objectOf (value: unknown, what: string): Json {
  if (!isObject(value)) throw wrong(`${what} is no object`)
  if (Object.keys(value).length > mostNames) throw wrong(`${what} has more than ${mostNames} members`)
  return value
}

function checkEndpoint (value: unknown): asserts value is Endpoint {
  const { url, path, method, request, response } = objectOf(value, 'an endpoint')
  if (!isHttp(url) || typeof path !== 'string' || !path.startsWith('/') || typeof method !== 'string' || !/^[a-z]{3,7}$/i.test(method)) throw wrong('an endpoint has no address, path, or method')
  const { parameters } = objectOf(request, 'the request of an endpoint')
  if (!Array.isArray(parameters) || parameters.length > mostNames || !parameters.every(each => isObject(each) && typeof each.name === 'string')) throw wrong('an endpoint has no list of parameters')
  if (typeof objectOf(response, 'the response of an endpoint').media_type !== 'string') throw wrong('an endpoint has no type of response')
}

/** Walks two levels of names: modules, and their functions. */
function eachFunction (value: unknown, what: string, check: (value: unknown) => void): void {
  for (const functions of Object.values(objectOf(value ?? {}, what))) {
    for (const each of Object.values(objectOf(functions, what))) check(each)
  }
}

/** The body of `POST /deploy`. @throws Refusal 400 that says what is wrong with it */
export function readDocument (body: unknown): NodeDocument {
  const { deploymentId, modules, endpoints, instructions, mounts } = objectOf(body, 'it')
  if (typeof deploymentId !== 'string' || !/^[\w-]{1,64}$/.test(deploymentId)) throw wrong('its id is none')
  if (!Array.isArray(modules) || modules.length > mostModules) throw wrong(`it has no list of at most ${mostModules} modules`)
  for (const module of modules as unknown[]) {
    const { name, urls, sha256 } = objectOf(module, 'a module')
    if (!isFileName(name)) throw wrong('a module has a name that none can have')
    if (sha256 !== undefined && (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256))) throw wrong('a digest is none')
    const { binary, other } = objectOf(urls, 'the addresses of a module')
    if (!isHttp(binary)) throw wrong('a module has no address')
    for (const [mount, url] of Object.entries(objectOf(other ?? {}, 'the files of a module'))) {
      if (!isFileName(mount)) throw wrong('a file has a name that none can have')
      if (!isHttp(url)) throw wrong('a file has no address')
    }
  }
  eachFunction(endpoints, 'its endpoints', checkEndpoint)
  eachFunction(objectOf(instructions ?? {}, 'its instructions').modules, 'its instructions', each => {
    const { to } = objectOf(each, 'an instruction')
    if (to !== null && to !== undefined) checkEndpoint(to)
  })
  eachFunction(mounts, 'its mounts', each => {
    for (const list of Object.values(objectOf(each, 'the mounts of a function'))) {
      if (!Array.isArray(list) || list.length > mostNames || !list.every(mount => isObject(mount) && isFileName(mount.path))) throw wrong('a mount has a name that no file can have')
    }
  })
  return { endpoints: {}, instructions: { modules: {} }, mounts: {}, ...body as Partial<NodeDocument> } as NodeDocument
}
