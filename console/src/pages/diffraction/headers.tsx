// What the file says of a frame, as it says it.
import { texts } from './texts.ts'

/** The headers. @param units - as in UCUM */
export function Headers ({ metadata, units }: { metadata: Readonly<Record<string, unknown>>, units: Readonly<Record<string, string>> }) {
  return (
    <section aria-labelledby='headers-title'>
      <h2 id='headers-title'>{texts.headers}</h2>
      <dl class='facts headers'>
        {Object.entries(metadata).flatMap(([name, value]) => [
          <dt key={name}>{name}</dt>,
          <dd key={`${name} value`}>{typeof value === 'object' ? JSON.stringify(value) : String(value)}{units[name] === undefined ? '' : ` ${units[name] === 'Ao' ? 'Å' : units[name]}`}</dd>
        ])}
      </dl>
    </section>
  )
}
