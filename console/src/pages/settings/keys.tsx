// The keys of the console. They work where the focus is; none works everywhere, where it could get into the way of a screen reader.
import { DataTable } from '../../components/data-table.tsx'
import { texts } from './texts.ts'

const rows = (): Array<{ keys: readonly string[], does: string }> => [
  { keys: ['Tab'], does: texts.tab },
  { keys: ['Shift', 'Tab'], does: texts.shiftTab },
  { keys: ['Enter'], does: texts.enter },
  { keys: [texts.space], does: texts.spaceDoes },
  { keys: ['Esc'], does: texts.escape },
  { keys: ['←', '→', '↑', '↓'], does: texts.arrows },
  { keys: ['+', '−', '0'], does: texts.larger },
  { keys: [texts.home], does: texts.homeDoes }
]

/** The keys as a table, and what else helps without a mouse or eyes. */
export function Keys () {
  return (
    <>
      <DataTable
        caption={texts.keysCaption}
        rows={rows()}
        rowKey={({ keys }) => keys.join()}
        columns={[
          { key: 'key', header: texts.key, cell: ({ keys }) => keys.map((key, index) => <span key={key}>{index === 0 ? '' : ' '}<kbd>{key}</kbd></span>) },
          { key: 'does', header: texts.does, cell: ({ does }) => does }
        ]}
      />
      <section aria-labelledby='hearing'>
        <h2 id='hearing'>{texts.hearing}</h2>
        <ul>
          <li>{texts.hearHeading}</li>
          <li>{texts.hearSkip}</li>
          <li>{texts.hearLive}</li>
          <li>{texts.hearTables}</li>
          <li>{texts.hearDrawings}</li>
        </ul>
      </section>
    </>
  )
}
