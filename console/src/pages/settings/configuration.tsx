// What the server runs with: every variable with its value, module by module; secrets are only set or not set.
import { useState } from 'preact/hooks'
import { DataTable } from '../../components/data-table.tsx'
import type { Column } from '../../components/data-table.tsx'
import { Select, Toggle } from '../../components/field.tsx'
import { Loaded } from '../../components/loaded.tsx'
import { State } from '../../components/state.tsx'
import type { paths } from '../../api/schema.d.ts'
import { api, ask } from '../../lib/api.ts'
import { useResource } from '../../lib/resource.ts'
import { Filter } from './filter.tsx'
import { Marked } from './marked.tsx'
import { texts } from './texts.ts'

type Report = paths['/configuration']['get']['responses'][200]['content']['application/json']
type Variable = Report['variables'][number]

/** The configuration as tables. */
export function Configuration () {
  const resource = useResource(signal => ask(api.GET('/configuration', { signal })), [])
  return <Loaded resource={resource}>{({ variables }) => <Variables variables={variables} />}</Loaded>
}

function Variables ({ variables }: { variables: readonly Variable[] }) {
  const [words, setWords] = useState('')
  const [module, setModule] = useState('all')
  const [isOnlySet, setOnlySet] = useState(false)
  const modules = [...new Set(variables.map(each => each.module))]
  const wanted = words.trim().toLowerCase()
  const shown = variables.filter(each => (module === 'all' || each.module === module) && (!isOnlySet || each.isSet) &&
    `${each.name} ${each.description} ${each.value ?? ''}`.toLowerCase().includes(wanted))
  return (
    <>
      <div class='field-row'>
        <Filter label={texts.filter} hint={texts.filterHint} value={words} found={texts.found(shown.length)} onChange={setWords} />
        <Select label={texts.module} value={module} options={[{ value: 'all', label: texts.allModules }, ...modules.map(value => ({ value, label: moduleName(value) }))]} onChange={setModule} />
        <Toggle label={texts.onlySet} isOn={isOnlySet} onChange={setOnlySet} />
      </div>
      <p>{texts.found(shown.length)}</p>
      {modules.filter(each => shown.some(variable => variable.module === each)).map(each => (
        <section key={each} aria-labelledby={`module-${each}`}>
          <h2 id={`module-${each}`}>{moduleName(each)}</h2>
          <DataTable caption={texts.variablesOf(moduleName(each))} isCaptionHeardOnly columns={columns()} rows={shown.filter(variable => variable.module === each)} rowKey={variable => variable.name} />
        </section>
      ))}
    </>
  )
}

function moduleName (module: string): string {
  return module === 'server' ? texts.server : module
}

const columns = (): Array<Column<Variable>> => [
  { key: 'name', header: texts.variable, cell: ({ name }) => <code>{name}</code>, sortBy: ({ name }) => name },
  { key: 'value', header: texts.value, cell: valueOf },
  { key: 'origin', header: texts.origin, cell: ({ isSet }) => isSet ? <State kind='good'>{texts.isSet}</State> : <State kind='off'>{texts.isNotSet}</State>, sortBy: ({ isSet }) => isSet ? 0 : 1 },
  { key: 'meaning', header: texts.meaning, cell: meaningOf }
]

function meaningOf ({ description, allowed, default: preset }: Variable) {
  return (
    <>
      <Marked text={description} />
      <br />
      <span class='hint'>{texts.preset} {preset === undefined ? texts.none : <code>{preset}</code>}. {texts.allowed} <span lang='en'>{allowed}</span>.</span>
    </>
  )
}

function valueOf ({ isSecret, isSet, value, unit }: Variable) {
  if (isSecret) return isSet ? texts.secretSet : texts.secretNotSet
  return value === undefined ? texts.none : <><code>{value}</code> <span lang='en'>{unit}</span></>
}
