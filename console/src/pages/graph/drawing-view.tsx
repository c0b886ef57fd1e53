// The drawing of a plan: a picture with a text alternative, in a frame that is moved and sized by buttons and keys.
import { useSignalEffect } from '@preact/signals'
import type { ReadonlySignal } from '@preact/signals'
import { useId, useMemo, useRef, useState } from 'preact/hooks'
import { useLocation } from 'wouter-preact'
import { announce } from '../../lib/announce.ts'
import type { Drawing, Placed } from './layout.ts'
import { useLayout } from './layouter.ts'
import type { Layouter } from './layouter.ts'
import { serviceHref } from './service-link.tsx'
import { sizes } from './sizes.ts'
import type { Standing } from './store.ts'
import { texts } from './texts.ts'
import { roleWords, standingWords } from './words.tsx'

const shapes = { good: '●', busy: '◐', warning: '▲', bad: '■', off: '○' } as const
const smallest = 0.1
const largest = 4
/** How far one press moves, in pixels. */
const stride = 120
/** Most characters of a name in a node. */
const longest = 21

/** What is drawn. */
export interface DrawingViewProps {
  readonly layouter: Layouter
  readonly drawing: Drawing
  readonly route: string
  readonly stages: number
  /** How each service stands, by its name. */
  readonly standing: (name: string) => ReadonlySignal<Standing>
  /** The service that the drawing points at; empty for none. */
  readonly pointed?: ReadonlySignal<string>
}

/** The drawing. */
export function DrawingView ({ layouter, drawing, route, stages, standing, pointed }: DrawingViewProps) {
  const { placed, hasFailed } = useLayout(layouter, drawing)
  const frame = useRef<HTMLDivElement>(null)
  const id = useId()
  const [chosen, setScale] = useState<number>()
  const fitting = (): number => {
    const { clientWidth = 600, clientHeight = 400 } = frame.current ?? {}
    return placed === undefined ? 1 : bound(Math.min(1, clientWidth / placed.width, clientHeight / placed.height))
  }
  // What is wide begins smaller, as long as it can still be read.
  const scale = chosen ?? (placed === undefined ? 1 : Math.min(1, Math.max(0.6, (frame.current?.clientWidth ?? 900) / placed.width)))
  const resize = (to: number) => {
    const size = bound(to)
    setScale(size)
    announce(texts.zoomed(Math.round(size * 100)))
  }
  const move = (x: number, y: number) => frame.current?.scrollBy({ left: x * stride, top: y * stride })
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    if (event.key === '+' || event.key === '=') resize(scale * 1.25)
    else if (event.key === '-') resize(scale / 1.25)
    else if (event.key === '0') resize(fitting())
    else return
    event.preventDefault()
  }
  useSignalEffect(() => point(frame.current, pointed?.value ?? ''))
  const count = drawing.nodes.filter(({ kind }) => kind === 'service').length
  if (hasFailed) return <p class='empty'>{texts.drawingFailed}</p>
  return (
    <figure class='drawing'>
      <div class='actions' role='group' aria-label={texts.drawingTools}>
        <button type='button' onClick={() => resize(scale * 1.25)}>{texts.larger}</button>
        <button type='button' onClick={() => resize(scale / 1.25)}>{texts.smaller}</button>
        <button type='button' onClick={() => resize(fitting())}>{texts.fit}</button>
        <button type='button' onClick={() => resize(1)}>{texts.actualSize}</button>
        <button type='button' aria-label={texts.moveLeft} onClick={() => move(-1, 0)}>←</button>
        <button type='button' aria-label={texts.moveUp} onClick={() => move(0, -1)}>↑</button>
        <button type='button' aria-label={texts.moveDown} onClick={() => move(0, 1)}>↓</button>
        <button type='button' aria-label={texts.moveRight} onClick={() => move(1, 0)}>→</button>
      </div>
      <div class='drawing-frame' ref={frame} role='region' aria-label={texts.drawing} aria-describedby={`${id}-hint`} tabIndex={0} onKeyDown={onKeyDown}>
        {placed === undefined ? <p>{texts.drawingWaits}</p> : <Picture placed={placed} scale={scale} label={texts.drawingOf(route, count, stages)} standing={standing} />}
      </div>
      <figcaption><span id={`${id}-hint`}>{texts.drawingHint}</span> {texts.legend}</figcaption>
    </figure>
  )
}

/** Marks a service in the drawing, and brings it into sight. Every picture of it would be drawn anew if they asked by themselves. */
function point (frame: HTMLElement | null, name: string): void {
  for (const node of frame?.querySelectorAll<SVGGElement>('[data-service]') ?? []) {
    const isMeant = node.dataset.service === name
    node.classList.toggle('is-pointed', isMeant)
    if (!isMeant || frame === null) continue
    const [own, seen] = [node.getBoundingClientRect(), frame.getBoundingClientRect()]
    if (own.left < seen.left || own.right > seen.right) frame.scrollLeft += (own.left + own.right - seen.left - seen.right) / 2
    if (own.top < seen.top || own.bottom > seen.bottom) frame.scrollTop += (own.top + own.bottom - seen.top - seen.bottom) / 2
  }
}

function bound (scale: number): number {
  return Math.min(largest, Math.max(smallest, scale))
}

function Picture ({ placed, scale, label, standing }: { placed: Placed, scale: number, label: string, standing: DrawingViewProps['standing'] }) {
  const drawn = useMemo(() => (
    <>
      {placed.edges.map(({ from, to, kind, points }) => <path key={`${from}>${to}`} class={`line line-${kind}`} d={pathOf(points)} />)}
      {placed.nodes.map(node => node.kind === 'service'
        ? <ServiceNode key={node.id} x={node.x} y={node.y} name={node.service ?? ''} role={node.role ?? ''} standing={standing(node.service ?? '')} />
        : node.kind === 'request'
          ? <g key={node.id} class='node node-request'><rect {...boxOf(node.x, node.y, sizes.request)} rx={24} /><RequestLabel x={node.x} y={node.y} /></g>
          : <circle key={node.id} class='meeting' cx={node.x} cy={node.y} r={sizes.meeting.width / 2} />)}
    </>
  ), [placed, standing])
  return (
    <svg role='img' aria-label={label} width={placed.width * scale} height={placed.height * scale} viewBox={`0 0 ${placed.width} ${placed.height}`}>
      {drawn}
    </svg>
  )
}

function RequestLabel ({ x, y }: { x: number, y: number }) {
  return <text x={x} y={y + 5} text-anchor='middle'>{texts.requestNode}</text>
}

function ServiceNode ({ x, y, name, role, standing }: { x: number, y: number, name: string, role: string, standing: ReadonlySignal<Standing> }) {
  const [, go] = useLocation()
  const { kind, words } = standingWords(standing.value)
  const box = boxOf(x, y, sizes.service)
  const left = box.x + 10
  return (
    <g class={`node node-${kind} node-${role}`} data-service={name} onClick={() => go(serviceHref(name))}>
      <title>{`${name}, ${roleWords(role)}: ${words}`}</title>
      <rect {...box} rx={role === 'handler' ? 20 : 4} />
      <text class='node-name' x={left} y={y - 4}>{cut(name, longest)}</text>
      <text class='node-state' x={left} y={y + 15}>{shapes[kind]} {cut(words, longest + 2)}</text>
    </g>
  )
}

function boxOf (x: number, y: number, { width, height }: { width: number, height: number }) {
  return { x: x - width / 2, y: y - height / 2, width, height }
}

function cut (text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`
}

function pathOf (points: ReadonlyArray<{ x: number, y: number }>): string {
  return points.map(({ x, y }, index) => `${index === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`).join('')
}
