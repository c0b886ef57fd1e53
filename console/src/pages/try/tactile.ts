// Tactile drawings: their layers as words, and the drawing in its true size for an embosser. Nothing of them is ever put into the page but as a picture.

/** Sheets that drawings are printed on, in millimetres. */
export const sheets = { a4: { width: 210, height: 297 }, letter: { width: 215.9, height: 279.4 }, braille: { width: 279.4, height: 292.1 } } as const

/** Most layers that are listed. */
const most = 200

/** Reads a drawing of a data URL; undefined where it is none. */
export function readDrawing (address: string): Document | undefined {
  const [head = '', body = ''] = [address.slice(0, address.indexOf(',')), address.slice(address.indexOf(',') + 1)]
  if (!/^data:image\/svg\+xml/i.test(head)) return undefined
  try {
    const text = /;base64$/i.test(head) ? new TextDecoder().decode(Uint8Array.from(atob(body), sign => sign.charCodeAt(0))) : decodeURIComponent(body)
    // Nothing in it can run here; this keeps the browser from saying so for each handler that it finds.
    const quiet = text.replaceAll(/<[^>]*>/g, tag => tag.replaceAll(/\son(\w+\s*=)/gi, ' data-on$1'))
    const drawing = new DOMParser().parseFromString(quiet, 'image/svg+xml')
    return drawing.querySelector('parsererror') === null ? drawing : undefined
  } catch {
    return undefined
  }
}

/** What the parts of a drawing are called, outermost first. */
export function layersOf (drawing: Document): string[] {
  const named = [...drawing.querySelectorAll('[data-image-layer], [aria-label], g > title')]
  const names = named.map(element => element.localName === 'title' ? element.textContent ?? '' : element.getAttribute('aria-label') ?? element.getAttribute('data-image-layer') ?? '')
  return [...new Set(names.map(name => name.trim()).filter(name => name !== ''))].slice(0, most)
}

/** The drawing with its size in millimetres, so that it fills a sheet. @param margin - millimetres on each side */
export function sized (drawing: Document, { width, height }: { width: number, height: number }, margin = 10): Blob {
  const copy = drawing.cloneNode(true) as Document
  const root = copy.documentElement
  // A file that is opened later must not run anything either.
  copy.querySelectorAll('script, foreignObject, iframe, object, embed').forEach(element => element.remove())
  copy.querySelectorAll('*').forEach(element => [...element.attributes].filter(({ name, value }) => /^on/i.test(name) || /^\s*javascript:/i.test(value)).forEach(({ name }) => element.removeAttribute(name)))
  if (!root.hasAttribute('viewBox')) root.setAttribute('viewBox', `0 0 ${Number.parseFloat(root.getAttribute('width') ?? '100')} ${Number.parseFloat(root.getAttribute('height') ?? '100')}`)
  root.setAttribute('width', `${width - 2 * margin}mm`)
  root.setAttribute('height', `${height - 2 * margin}mm`)
  return new Blob([new XMLSerializer().serializeToString(copy)], { type: 'image/svg+xml' })
}
