// A simulated operator: watches the boxes of all cameras, has one shape after the other tracked, and says what becomes of it.
import { once } from 'node:events'
import { WebSocket } from 'ws'
import { isInteger, isRecord, readSpelled } from './spelling.ts'
import type { Spelled } from './spelling.ts'
import type { Box, View } from './view.ts'

/** How to run an operator. */
export interface OperatorOptions {
  /** Address of /client. */
  url: string
  view: View
  /** Time that each object is tracked, in milliseconds. */
  patience: number
}

/** Longest wait for an object that was asked for, in milliseconds: a server does not say no. */
const longestWait = 2000

/** An operator at work. */
export interface Operator {
  /** Numbers of the objects so far. */
  readonly objects: readonly number[]
  /** Ends what is still tracked. Resolves when the server has confirmed it, and the connection has closed. */
  end (): Promise<void>
}

/** Starts an operator. Resolves when it is connected. @throws Error where it cannot connect */
export async function startOperator ({ url, view, patience }: OperatorOptions): Promise<Operator> {
  const socket = new WebSocket(url)
  await once(socket, 'open')
  socket.send('{"type":"setUsesImages","usesImages":true}')
  const objects: number[] = []
  let tracked: number | undefined
  let asked: string | undefined
  let isEnding = false
  /** What was tracked already, so that each kind has its turn. */
  const had: string[] = []
  let timer: NodeJS.Timeout | undefined
  const nothingTracked = Promise.withResolvers<void>()

  socket.on('error', error => view.say(`the operator has trouble with the connection: ${error.message}`))
  socket.on('message', bytes => {
    const message = readSpelled(String(bytes))
    if (!isRecord(message)) return
    if (message.type === 'boundingBoxes') watch(message)
    if (message.type === 'newObject' && isInteger(message.objectId)) begin(message.objectId.value)
    if (message.type === 'stop' && isInteger(message.objectId)) cease(message.objectId.value)
  })

  function watch ({ cameraId, frameId, boxes }: Record<string, unknown>): void {
    if (typeof cameraId !== 'string' || !Array.isArray(boxes)) return
    const seen = boxes.filter(isRecord).map(toBox)
    view.boxes(cameraId, seen)
    if (tracked !== undefined || asked !== undefined || isEnding || !isRecord(frameId)) return
    const fresh = seen.filter(box => box.objectId === undefined && box.certainty > 0.8)
    const choice = fresh.find(box => !had.includes(box.kind)) ?? fresh[0]
    if (choice === undefined) return
    asked = choice.kind
    had.push(choice.kind)
    // The number goes back as it came: 12.0 stays 12.0.
    socket.send(`{"type":"start","cameraId":${JSON.stringify(cameraId)},"frameId":${(frameId as unknown as Spelled).text},"boxId":${choice.boxId}}`)
    view.say(`the operator asks to track the ${choice.kind} in frame ${(frameId as unknown as Spelled).text} of camera ${cameraId}`)
    timer = setTimeout(giveUp, longestWait)
  }

  function giveUp (): void {
    view.say('nobody has answered the operator')
    asked = undefined
    if (isEnding) nothingTracked.resolve()
  }

  function begin (objectId: number): void {
    view.say(`object ${objectId} is tracked: the ${asked ?? 'wish of another operator'}`)
    if (asked === undefined) return
    clearTimeout(timer)
    asked = undefined
    objects.push(objectId)
    tracked = objectId
    if (isEnding) return stop(objectId)
    timer = setTimeout(stop, patience, objectId)
  }

  function stop (objectId: number): void {
    view.say(`the operator has seen enough of object ${objectId}`)
    socket.send(JSON.stringify({ type: 'stop', objectId }))
  }

  function cease (objectId: number): void {
    view.say(`object ${objectId} is tracked no longer`)
    view.forget(objectId)
    if (objectId !== tracked) return
    tracked = undefined
    clearTimeout(timer)
    if (isEnding) nothingTracked.resolve()
  }

  socket.on('close', () => {
    clearTimeout(timer)
    nothingTracked.resolve()
  })
  return {
    objects,
    async end () {
      isEnding = true
      if (socket.readyState === WebSocket.CLOSED) return
      if (tracked !== undefined) {
        clearTimeout(timer)
        stop(tracked)
      }
      if (tracked !== undefined || asked !== undefined) await nothingTracked.promise
      const closed = once(socket, 'close')
      socket.close(1000)
      await closed
    }
  }
}

function toBox ({ boxId, rect, objectType, certainty, objectId }: Record<string, unknown>): Box {
  const edges = Array.isArray(rect) ? rect.map(numberOf) : []
  const [left = 0, top = 0, right = 0, bottom = 0] = edges
  return { boxId: numberOf(boxId), rect: [left, top, right, bottom], kind: String(objectType), certainty: numberOf(certainty), objectId: isInteger(objectId) ? objectId.value : undefined }
}

function numberOf (value: unknown): number {
  return isRecord(value) && typeof value.value === 'number' ? value.value : NaN
}
