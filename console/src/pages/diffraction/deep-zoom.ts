// The picture that one can move and zoom: OpenSeadragon, with pictures that are fetched with the token of the session. It has no buttons of its own.
import OpenSeadragon from 'openseadragon'

/** A point of a frame, in whole pixels. */
export interface PixelPlace { readonly x: number, readonly y: number }

/** The picture. */
export interface DeepZoom {
  /** Shows a frame. @param information - what IIIF says of it @param query - how it is drawn @param keepsPlace - whether the part that is seen stays */
  show (information: Record<string, unknown>, query: string, keepsPlace: boolean): Promise<void>
  /** Marks points of the frame; none takes the marks away. */
  mark (spots: readonly PixelPlace[]): void
  zoom (factor: number): void
  goHome (): void
  /** The pixel in the middle; undefined where that is beside the frame. */
  middle (): PixelPlace | undefined
  label (text: string): void
  close (): void
}

const svg = 'http://www.w3.org/2000/svg'

/** Milliseconds that the pointer rests before the pixel under it is read. */
const rest = 120

/** What is asked for while one moves on the picture. */
export interface DeepZoomEvents {
  /** The pointer rests on a pixel. */
  readonly onRest: (place: PixelPlace) => void
  /** A key was pressed. @returns whether it has been used */
  readonly onKey: (key: string) => boolean
}

/** Puts a picture into an element. */
export function openDeepZoom (element: HTMLElement, headers: Record<string, string>, { onRest, onKey }: DeepZoomEvents): DeepZoom {
  // OpenSeadragon looks for an element of this name before it adds rules that take the outline of the focus away; one without a namespace has no rules of its own.
  if (document.head.querySelector('[data-openseadragon-mobile-css]') === null) {
    const mark = document.createElementNS(null, 'style')
    mark.setAttribute('data-openseadragon-mobile-css', '')
    document.head.append(mark)
  }
  const viewer = new OpenSeadragon.Viewer({
    element,
    showNavigationControl: false,
    loadTilesWithAjax: true,
    ajaxHeaders: headers,
    imageSmoothingEnabled: false,
    maxZoomPixelRatio: 16,
    visibilityRatio: 0.5,
    drawer: 'canvas',
    gestureSettingsMouse: { clickToZoom: false },
    animationTime: matchMedia('(prefers-reduced-motion: reduce)').matches ? 0 : 0.5
  })
  viewer.canvas.setAttribute('role', 'application')
  let size = { width: 0, height: 0 }
  let marks: SVGSVGElement | undefined
  let waiting: ReturnType<typeof setTimeout> | undefined

  const pixelAt = (point: OpenSeadragon.Point): PixelPlace | undefined => {
    const item = viewer.world.getItemAt(0)
    if (item === undefined) return undefined
    const { x, y } = item.viewportToImageCoordinates(point)
    const place = { x: Math.floor(x), y: Math.floor(y) }
    return place.x < 0 || place.y < 0 || place.x >= size.width || place.y >= size.height ? undefined : place
  }
  viewer.canvas.addEventListener('pointermove', (event: PointerEvent) => {
    const { left, top } = viewer.canvas.getBoundingClientRect()
    clearTimeout(waiting)
    waiting = setTimeout(() => {
      const place = pixelAt(viewer.viewport.pointFromPixel(new OpenSeadragon.Point(event.clientX - left, event.clientY - top)))
      if (place !== undefined) onRest(place)
    }, rest)
  })
  // Turning and flipping would leave what is said of places wrong.
  viewer.addHandler('canvas-key', event => { if (/^[rf]$/i.test((event.originalEvent as KeyboardEvent).key)) event.preventDefaultAction = true })
  viewer.canvas.addEventListener('keydown', event => { if (onKey(event.key)) event.preventDefault() })

  return {
    async show (information, query, keepsPlace) {
      const bounds = keepsPlace && viewer.world.getItemCount() > 0 ? viewer.viewport.getBounds() : undefined
      const source = new OpenSeadragon.IIIFTileSource({ ...information, tileFormat: 'jpg' } as unknown as ConstructorParameters<typeof OpenSeadragon.IIIFTileSource>[0])
      const plain = source.getTileUrl.bind(source)
      source.getTileUrl = (level, x, y) => `${String(plain(level, x, y))}?${query}`
      size = { width: Number(information.width), height: Number(information.height) }
      marks = undefined
      viewer.clearOverlays()
      await new Promise<void>((resolve, reject) => {
        viewer.addOnceHandler('open', () => resolve())
        viewer.addOnceHandler('open-failed', () => reject(new Error('the picture cannot be shown')))
        viewer.open(source as unknown as Parameters<typeof viewer.open>[0])
      })
      if (bounds !== undefined) viewer.viewport.fitBounds(bounds, true)
    },
    mark (spots) {
      if (marks !== undefined) viewer.removeOverlay(marks as unknown as HTMLElement)
      marks = undefined
      if (spots.length === 0 || size.width === 0) return
      const drawn = document.createElementNS(svg, 'svg')
      drawn.setAttribute('viewBox', `0 0 ${size.width} ${size.height}`)
      drawn.setAttribute('class', 'spot-marks')
      drawn.setAttribute('aria-hidden', 'true')
      for (const { x, y } of spots) {
        const circle = document.createElementNS(svg, 'circle')
        for (const [name, value] of Object.entries({ cx: x, cy: y, r: size.width / 100 })) circle.setAttribute(name, String(value))
        drawn.append(circle)
      }
      marks = drawn
      viewer.addOverlay({ element: drawn as unknown as HTMLElement, location: new OpenSeadragon.Rect(0, 0, 1, size.height / size.width) })
    },
    zoom (factor) { viewer.viewport.zoomBy(factor).applyConstraints() },
    goHome () { viewer.viewport.goHome() },
    middle: () => viewer.world.getItemCount() === 0 ? undefined : pixelAt(viewer.viewport.getCenter()),
    label (text) { viewer.canvas.setAttribute('aria-label', text) },
    close () {
      clearTimeout(waiting)
      viewer.destroy()
    }
  }
}
