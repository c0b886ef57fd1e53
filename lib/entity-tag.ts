// Entity tags: whether a client has an answer already (https://www.rfc-editor.org/rfc/rfc9110#section-13.1.2).

/**
 * Whether If-None-Match names a tag. A weak one counts as the same.
 * @param header - as received
 * @param tag - the tag without its quotation marks
 */
export function isKnownTag (header: string | undefined, tag: string): boolean {
  const known = header?.split(',').map(each => each.trim().replace(/^W\//, '')) ?? []
  return known.includes('*') || known.includes(`"${tag}"`)
}
