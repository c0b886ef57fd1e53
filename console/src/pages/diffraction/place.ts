// Which frame the address of the page names, so that it can be kept and passed on.

/** A frame of a file. */
export interface Place {
  readonly esaf: number
  /** Path of the file; empty where none is open. */
  readonly file: string
  /** From 1. */
  readonly frame: number
}

/** Reads `#/diffraction/esaf/frame/file`, or the query `?esaf=…&file=…&frame=…` that leads here from /diffraction/viewer. @returns undefined where there is no frame in it */
export function readPlace ({ hash, search }: { hash: string, search: string }): Place | undefined {
  const [, esaf, frame, name = ''] = /^#\/diffraction\/(\d{1,9})\/(\d{1,9})\/([^/?]+)$/.exec(hash) ?? []
  if (esaf !== undefined) return checked(Number(esaf), decoded(name), Number(frame))
  const query = new URLSearchParams(search)
  return checked(Number(query.get('esaf')), query.get('file') ?? '', Number(query.get('frame') ?? 1))
}

/** The hash that a frame has. */
export function writePlace ({ esaf, file, frame }: Place): string {
  return `#/diffraction/${esaf}/${frame}/${encodeURIComponent(file)}`
}

function checked (esaf: number, file: string, frame: number): Place | undefined {
  return Number.isInteger(esaf) && esaf > 0 && Number.isInteger(frame) && frame > 0 && file !== '' ? { esaf, file, frame } : undefined
}

function decoded (text: string): string {
  try { return decodeURIComponent(text) } catch { return '' }
}
