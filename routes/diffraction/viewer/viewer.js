// The page that shows diffraction frames: session, files, one frame with its controls, and everything in it as text too.
/* global OpenSeadragon, document, location, history */
import { openSession, Refusal } from './api.js'

const at = id => document.getElementById(id)
const say = text => { at('status').textContent = text }

/** Milliseconds from one frame to the next while they play, at least. */
const pace = 400

/** Milliseconds that the pointer rests before the pixel under it is read. */
const rest = 120

let session
let shown
let asking = new AbortController()
let viewer
let playing

at('session').addEventListener('submit', event => {
  event.preventDefault()
  session = openSession(at('token').value, at('esaf').value)
  attempt(async () => {
    await showFolder('')
    const place = new URLSearchParams(location.hash.slice(1))
    if (place.get('esaf') === at('esaf').value && place.has('file')) await show(place.get('file'), Number(place.get('frame') ?? 1))
  })
})

at('open').addEventListener('submit', event => {
  event.preventDefault()
  attempt(() => show(at('file').value, 1))
})

at('previous').addEventListener('click', () => step(-1))
at('next').addEventListener('click', () => step(1))
at('slider').addEventListener('change', () => attempt(() => show(shown?.file, at('slider').valueAsNumber)))
at('number').addEventListener('change', () => attempt(() => show(shown?.file, at('number').valueAsNumber)))
at('play').addEventListener('click', () => {
  playing = !playing
  at('play').setAttribute('aria-pressed', String(playing))
  if (playing) play()
})

at('controls').addEventListener('submit', event => event.preventDefault())
for (const id of ['levels', 'white', 'black', 'scale', 'palette', 'invert', 'rings', 'ice', 'beam']) {
  at(id).addEventListener('change', () => {
    const isManual = at('levels').value === 'manual'
    at('white').disabled = at('black').disabled = !isManual
    if (shown !== undefined) attempt(() => paint())
  })
}

at('closer').addEventListener('click', () => viewer?.viewport.zoomBy(2))
at('farther').addEventListener('click', () => viewer?.viewport.zoomBy(0.5))
at('whole').addEventListener('click', () => viewer?.viewport.goHome())

at('pixel').addEventListener('submit', event => {
  event.preventDefault()
  attempt(async () => say(await readPixel(at('x').valueAsNumber, at('y').valueAsNumber)))
})

at('find').addEventListener('click', () => attempt(async () => {
  if (shown === undefined) return say('Open a frame first.')
  at('found').textContent = 'Looking for spots.'
  const { spots, found, ice } = await session.spots(shown.file, shown.frame, 50)
  at('found').textContent = `${found} spots were found${ice === undefined ? '' : `; ${Math.round(ice * 100)} % of the strongest lie on ice rings`}.`
  fill('spots', spots.map((spot, index) => [index + 1, spot.x.toFixed(1), spot.y.toFixed(1), spot.d?.toFixed(2) ?? '', Math.round(spot.intensity), spot.snr.toFixed(1)]))
}))

/** Does something, and says in words what went wrong. */
async function attempt (work) {
  try {
    await work()
  } catch (error) {
    if (error.name === 'AbortError') return
    say(error instanceof Refusal ? error.message : `Something went wrong: ${error.message}`)
  }
}

/** Lists a folder: folders lead on, files open. */
async function showFolder (folder) {
  const { entries, more } = await session.files(folder)
  at('folder').textContent = `${entries.length} entries in ${folder === '' ? 'the folder of the ESAF' : folder}${more ? ', and more that are not listed' : ''}.`
  const items = entries.map(({ name, kind }) => {
    const path = folder === '' ? name : `${folder}/${name}`
    return item(kind === 'folder' ? `${name}, folder` : name, () => kind === 'folder' ? showFolder(path) : show(path, 1))
  })
  if (folder !== '') items.unshift(item('Folder above', () => showFolder(folder.split('/').slice(0, -1).join('/'))))
  at('files').replaceChildren(...items)
}

function item (name, work) {
  const button = Object.assign(document.createElement('button'), { type: 'button', textContent: name })
  button.addEventListener('click', () => attempt(work))
  const entry = document.createElement('li')
  entry.append(button)
  return entry
}

/** Shows a frame: picture, headers and what can be said of it. */
async function show (file, frame) {
  if (session === undefined || file === undefined) return say('Give your session token and open a file first.')
  asking.abort()
  asking = new AbortController()
  const { signal } = asking
  say(`Opening frame ${frame} of ${file}.`)
  const [{ metadata, units, description }, info] = await Promise.all([session.describe(file, frame, signal), session.image(file, frame, signal)])
  const isSame = shown !== undefined && shown.file === file
  shown = { file, frame, info, ...description }
  for (const id of ['slider', 'number']) Object.assign(at(id), { max: description.frames, value: frame })
  Object.assign(at('x'), { max: description.width - 1 })
  Object.assign(at('y'), { max: description.height - 1 })
  at('slider').setAttribute('aria-valuetext', `${frame} of ${description.frames}`)
  at('file').value = file
  fill('headers', Object.entries(metadata).map(([name, value]) => [name, Array.isArray(value) ? JSON.stringify(value) : value, units?.[name] ?? '']))
  at('spots').hidden = true
  at('found').textContent = ''
  history.replaceState(null, '', `#${new URLSearchParams({ esaf: at('esaf').value, file, frame })}`)
  await paint(isSame)
  say(`Frame ${frame} of ${description.frames} in ${file}: ${description.width} by ${description.height} pixels.`)
}

/**
 * How the picture is to be drawn, as the query of its address. Levels are those of the whole frame: tiles that found their own would not fit together.
 */
async function drawing () {
  const wanted = { scale: at('scale').value, palette: at('palette').value }
  if (at('levels').value !== 'manual') {
    const found = await session.levels(shown.file, shown.frame, at('levels').value === 'percentiles' ? 'percentiles=1,99.8' : '', asking.signal)
    at('white').value = Math.round(found.white)
    at('black').value = Math.round(found.black)
  }
  Object.assign(wanted, { white: at('white').value, black: at('black').value })
  for (const id of ['invert', 'rings', 'ice', 'beam']) if (at(id).checked) wanted[id] = 'on'
  return String(new URLSearchParams(wanted))
}

/** Draws the picture anew. @param keepsPlace - whether the part that is seen stays */
async function paint (keepsPlace = true) {
  viewer ??= openViewer()
  const bounds = keepsPlace && viewer.world.getItemCount() > 0 ? viewer.viewport.getBounds() : undefined
  const source = new OpenSeadragon.IIIFTileSource({ ...shown.info, tileFormat: 'jpg' })
  const query = await drawing()
  const plain = source.getTileUrl.bind(source)
  source.getTileUrl = (...place) => `${plain(...place)}?${query}`
  viewer.setAjaxHeaders(session.headers)
  const opened = Promise.withResolvers()
  viewer.addOnceHandler('open', opened.resolve)
  viewer.addOnceHandler('open-failed', () => opened.reject(new Error('the picture cannot be shown')))
  viewer.open(source)
  await opened.promise
  if (bounds !== undefined) viewer.viewport.fitBounds(bounds, true)
}

function openViewer () {
  // OpenSeadragon looks for an element of this name before it adds rules that take the outline of the focus away; one without a namespace has no rules of its own.
  const mark = document.createElementNS(null, 'style')
  mark.setAttribute('data-openseadragon-mobile-css', '')
  document.head.append(mark)
  const made = new OpenSeadragon.Viewer({
    element: at('picture'),
    showNavigationControl: false,
    loadTilesWithAjax: true,
    imageSmoothingEnabled: false,
    maxZoomPixelRatio: 16,
    visibilityRatio: 0.5,
    gestureSettingsMouse: { clickToZoom: false },
    animationTime: globalThis.matchMedia('(prefers-reduced-motion: reduce)').matches ? 0 : 0.5
  })
  made.canvas.setAttribute('role', 'application')
  made.canvas.setAttribute('aria-label', 'Picture of the frame. Arrow keys move it, plus and minus zoom, Enter reads the pixel in the middle.')
  let waiting
  made.innerTracker.moveHandler = ({ position }) => {
    clearTimeout(waiting)
    waiting = setTimeout(() => attempt(() => readAt(made.viewport.pointFromPixel(position))), rest)
  }
  made.canvas.addEventListener('keydown', event => {
    if (event.key === 'Enter') attempt(async () => say(await readAt(made.viewport.getCenter())))
  })
  return made
}

/** Reads the pixel at a point of the viewport. @returns it in words */
async function readAt (point) {
  const item = viewer.world.getItemAt(0)
  if (item === undefined || shown === undefined) return ''
  const { x, y } = item.viewportToImageCoordinates(point)
  const [column, row] = [Math.floor(x), Math.floor(y)]
  if (column < 0 || row < 0 || column >= shown.width || row >= shown.height) return ''
  Object.assign(at('x'), { value: column })
  Object.assign(at('y'), { value: row })
  return await readPixel(column, row)
}

async function readPixel (x, y) {
  if (shown === undefined) return 'Open a frame first.'
  const { count, isMasked, isOverload, d } = await session.pixel(shown.file, shown.frame, x, y)
  const value = isMasked ? 'masked' : isOverload ? 'overloaded' : `${count} counts`
  const words = `Pixel ${x}, ${y}: ${value}${d === undefined ? '' : `, d = ${d.toFixed(2)} Å`}.`
  at('value').textContent = words
  return words
}

function step (by) {
  if (shown === undefined) return say('Open a frame first.')
  const frame = shown.frame + by
  if (frame < 1 || frame > shown.frames) return say(`There are frames 1 to ${shown.frames}.`)
  return attempt(() => show(shown.file, frame))
}

/** Shows one frame after the other until the last, or until somebody stops it. */
async function play () {
  for (;;) {
    if (!playing || shown === undefined || shown.frame >= shown.frames) break
    const pause = new Promise(resolve => setTimeout(resolve, pace))
    await step(1)
    await pause
  }
  playing = false
  at('play').setAttribute('aria-pressed', 'false')
}

function fill (id, rows) {
  const table = at(id)
  table.tBodies[0].replaceChildren(...rows.map(cells => {
    const row = document.createElement('tr')
    cells.forEach((cell, index) => {
      const element = document.createElement(index === 0 ? 'th' : 'td')
      if (index === 0) element.scope = 'row'
      element.textContent = String(cell)
      row.append(element)
    })
    return row
  }))
  table.hidden = rows.length === 0
}
