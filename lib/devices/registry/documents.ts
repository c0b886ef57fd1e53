// Documents of one table that have been read before, so that a long list need not be parsed each time: the database says which revision counts.

/** What has been read. */
export interface Documents<Kind> {
  /** The document of a row, if it is known in that revision. */
  find (seq: number | string, revision: number): Kind | undefined
  /** @param size - length of its JSON */
  keep (seq: number | string, revision: number, document: Kind, size: number): void
}

/** Keeps documents whose JSON has a length of `most` in all; those that were kept first give way. */
export function createDocuments<Kind> (most: number): Documents<Kind> {
  const known = new Map<number | string, { readonly revision: number, readonly document: Kind, readonly size: number }>()
  let total = 0
  const drop = (seq: number | string) => {
    total -= known.get(seq)?.size ?? 0
    known.delete(seq)
  }
  return {
    find (seq, revision) {
      const entry = known.get(seq)
      return entry?.revision === revision ? entry.document : undefined
    },
    keep (seq, revision, document, size) {
      drop(seq)
      if (size > most) return
      known.set(seq, { revision, document, size })
      total += size
      for (const first of known.keys()) {
        if (total <= most) break
        drop(first)
      }
    }
  }
}
