// Links to the page of a service and of a request.
import { Link } from 'wouter-preact'

/** A link to the page of a service. */
export function ServiceLink ({ name }: { name: string }) {
  return <Link href={serviceHref(name)} class='target'>{name}</Link>
}

/** Where the page of a service is, within the graph. */
export function serviceHref (name: string): string {
  return `/services/${encodeURIComponent(name)}`
}

/** Links to services, with words between them. */
export function ServiceLinks ({ names, none }: { names: readonly string[], none: string }) {
  if (names.length === 0) return <>{none}</>
  return <>{names.map((name, index) => <span key={name}>{index === 0 ? '' : ', '}<ServiceLink name={name} /></span>)}</>
}
