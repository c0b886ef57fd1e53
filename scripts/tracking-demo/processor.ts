// A simulated camera processor: films a scene, finds the shapes in every frame, recognises those that are tracked, and is as strict about messages as the real one.
import { once } from 'node:events'
import { WebSocket } from 'ws'
import { detect, distance } from './detection.ts'
import type { Detection } from './detection.ts'
import { createScene } from './scene.ts'
import { isFloat, isInteger, isRecord, readSpelled, spellFloat } from './spelling.ts'

/** How to run a processor. */
export interface ProcessorOptions {
  /** Name that it identifies itself by. */
  name: string
  /** Address of /processor. */
  url: string
  /** Seed of the scene that it films. */
  seed: number
  /** Frames a second. */
  rate: number
  /** Called with what happens, in words. */
  say: (event: string) => void
}

/** A processor that runs. */
export interface Processor {
  /** Ends it. Resolves when its connection has closed. */
  end (): Promise<void>
}

/** Frames that it remembers, to find what somebody wants tracked: as many as the real one. */
const remembered = 150

/** Shapes that are more unlike than this are not the same. */
const mostDistance = 0.35

/** Starts a processor. Resolves when it is connected and has identified itself. @throws Error where it cannot connect */
export async function startProcessor ({ name, url, seed, rate, say }: ProcessorOptions): Promise<Processor> {
  const socket = new WebSocket(url)
  await once(socket, 'open')
  const scene = createScene(seed)
  const frames = new Map<number, Detection[]>()
  /** Objects that it can recognise: number to feature map. */
  const known = new Map<number, number[]>()

  socket.on('error', error => say(`camera ${name} has trouble with its connection: ${error.message}`))
  socket.on('message', bytes => {
    const message = readSpelled(String(bytes))
    if (!isRecord(message) || !isInteger(message.objectId)) return say(`camera ${name} does not understand ${String(bytes)}`)
    const objectId = message.objectId.value
    if (message.type === 'start') start(objectId, message)
    else if (message.type === 'featureMap') learn(objectId, message.featureMap)
    else if (message.type === 'stop') stop(objectId)
    else say(`camera ${name} does not know messages of type ${String(message.type)}`)
  })
  socket.send(JSON.stringify({ type: 'identifier', id: name }))

  /** Somebody wants a box of a frame tracked: the answer is what is in it looks like. */
  function start (objectId: number, { frameId, boxId }: Record<string, unknown>): void {
    // What the real processor does with a whole number here.
    if (!isFloat(frameId)) return say(`camera ${name} refuses to track object ${objectId}: frameId should be a float`)
    if (!isInteger(boxId)) return say(`camera ${name} refuses to track object ${objectId}: boxId should be an int`)
    const features = frames.get(frameId.value)?.[boxId.value]?.features
    if (features === undefined) return say(`camera ${name} cannot track object ${objectId}: it remembers frame ${frameId.text} no longer`)
    socket.send(`{"type":"featureMap","objectId":${objectId},"featureMap":[${features.map(spellFloat).join()}]}`)
    say(`camera ${name} looks at frame ${frameId.text}, box ${boxId.text}, and tells what object ${objectId} looks like`)
  }

  /** Somebody knows what an object looks like. */
  function learn (objectId: number, featureMap: unknown): void {
    // Nobody knows yet: the real processor logs a warning.
    if (!Array.isArray(featureMap)) return
    if (!isFloat(featureMap.at(-1))) return say(`camera ${name} refuses the features of object ${objectId}: the last one should be a float`)
    if (!known.has(objectId)) say(`camera ${name} knows what object ${objectId} looks like`)
    known.set(objectId, featureMap.map(feature => isRecord(feature) ? Number(feature.value) : NaN))
  }

  function stop (objectId: number): void {
    // The real processor ends with a KeyError.
    if (!known.delete(objectId)) say(`camera ${name} would end now: it is to forget object ${objectId}, which it does not know`)
    else say(`camera ${name} forgets object ${objectId}`)
  }

  /** Which object a shape is: each object is the shape most like it. */
  function recognise (found: readonly Detection[]): Map<number, number> {
    const objects = new Map<number, number>()
    for (const [objectId, features] of known) {
      const distances = found.map((detection, box) => objects.has(box) ? Infinity : distance(detection.features, features))
      const least = Math.min(...distances)
      if (least <= mostDistance) objects.set(distances.indexOf(least), objectId)
    }
    return objects
  }

  let number = 0
  const film = () => {
    const seconds = number / rate
    number += 1
    const found = detect(scene.draw(seconds))
    frames.set(Number(spellFloat(seconds)), found)
    if (frames.size > remembered) frames.delete(frames.keys().next().value ?? 0)
    const objects = recognise(found)
    const boxes = found.map(({ rect, kind, certainty }, boxId) => {
      const objectId = objects.get(boxId)
      return `{"boxId":${boxId},"rect":[${rect.map(spellFloat).join()}],"objectType":"${kind}","certainty":${spellFloat(certainty)}${objectId === undefined ? '' : `,"objectId":${objectId}`}}`
    })
    socket.send(`{"type":"boundingBoxes","frameId":${spellFloat(seconds)},"boxes":[${boxes.join()}]}`)
  }
  const timer = setInterval(film, 1000 / rate)
  socket.on('close', () => clearInterval(timer))
  film()
  return {
    async end () {
      clearInterval(timer)
      if (socket.readyState === WebSocket.CLOSED) return
      const closed = once(socket, 'close')
      socket.close(1000)
      await closed
    }
  }
}
