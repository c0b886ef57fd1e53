// What a client would rather have: Accept headers (https://www.rfc-editor.org/rfc/rfc9110#section-12.5.1).

/**
 * Whether a client would rather have a media type than another: it names the first, and gives it a higher quality than whatever
 * range matches the second best.
 * @param accept - the header; where it is missing, nothing is preferred
 * @param wanted - a media type, lower case
 * @param usual - the media type that it gets otherwise, lower case
 */
export function prefers (accept: string | undefined, wanted: string, usual: string): boolean {
  if (accept === undefined) return false
  const qualities = new Map(accept.toLowerCase().split(',').map(range => {
    const [type = '', ...parameters] = range.split(';').map(part => part.trim())
    return [type, qualityOf(parameters)]
  }))
  const [family = ''] = usual.split('/', 1)
  const quality = qualities.get(usual) ?? qualities.get(`${family}/*`) ?? qualities.get('*/*') ?? 0
  return (qualities.get(wanted) ?? 0) > quality
}

/** The quality among the parameters of a range, from 0 to 1; one that cannot be read counts as 0. */
function qualityOf (parameters: string[]): number {
  const text = parameters.find(each => each.startsWith('q='))?.slice(2)
  if (text === undefined) return 1
  return /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(text) ? Number(text) : 0
}
