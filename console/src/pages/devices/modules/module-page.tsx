// One module: its versions, what it exports and needs, how it is called, and what can be done with it.
import { useState } from 'preact/hooks'
import { Link, useLocation } from 'wouter-preact'
import { DataTable } from '../../../components/data-table.tsx'
import { Confirm } from '../../../components/dialog.tsx'
import { Toggle } from '../../../components/field.tsx'
import { Loaded } from '../../../components/loaded.tsx'
import { Copy, State, Time } from '../../../components/state.tsx'
import { announce } from '../../../lib/announce.ts'
import { api, ask } from '../../../lib/api.ts'
import type { ApiFailure } from '../../../lib/api.ts'
import { useResource } from '../../../lib/resource.ts'
import { save } from '../../../lib/save.ts'
import { formatBytes } from '../../../lib/texts.ts'
import { FocusedFailure, failureFrom } from '../failure.tsx'
import { Heading } from '../heading.tsx'
import { pace } from '../known.ts'
import { currentOf, fetchBytes, loadModule, placeOf, written } from './module.ts'
import type { FunctionDescription, Module, ModuleVersion } from './module.ts'
import { RollBack } from './roll-back.tsx'
import { texts } from './texts.ts'
import { Upload } from './upload.tsx'

/** A module by its id. */
export function ModulePage ({ id }: { id: string }) {
  const module = useResource(async signal => await loadModule(id, signal), [id], { every: pace })
  return (
    <>
      <p><Link href='/modules'>{texts.all}</Link></p>
      <Loaded resource={module} isEmpty={found => found === null} empty={<p class='empty'>{texts.missing}</p>}>
        {found => found === null ? null : <Shown module={found} onChanged={() => module.reload()} />}
      </Loaded>
    </>
  )
}

function Shown ({ module, onChanged }: { module: Module, onChanged: () => void }) {
  const { id, name, version, versions, isCore } = module
  const current = currentOf(module)
  const [, navigate] = useLocation()
  const [failure, setFailure] = useState<ApiFailure>()
  const act = (work: () => Promise<unknown>, said: string) => {
    setFailure(undefined)
    work().then(() => {
      announce(said)
      onChanged()
    }, error => {
      announce(texts.notDone, { urgent: true })
      setFailure(failureFrom(error))
    })
  }
  const download = (path: string, file: string) => act(async () => save(file, await fetchBytes(`${placeOf(id)}${path}`)), texts.saved)
  const remove = (isForced: boolean) => act(async () => {
    await ask(api.DELETE('/api/v1/modules/{id}', { params: { path: { id }, query: { force: isForced } } }))
    navigate('/modules')
  }, texts.removed(name))
  const rollBack = (version: number) => act(async () => {
    await ask(api.POST('/api/v1/modules/{id}/rollback', { params: { path: { id } }, body: { version } }))
    // The button goes when its version is the one that is deployed.
    document.querySelector<HTMLElement>('main h2')?.focus()
  }, texts.usesNow(version))
  return (
    <>
      <Heading title={name} />
      {failure === undefined ? null : <FocusedFailure failure={failure} />}
      {current === undefined ? null : <Facts version={current} count={versions.length} />}
      <div class='actions'>
        {isCore ? null : <Link href={`/modules/${id}/describe`}>{current?.functions === undefined ? texts.describe : texts.describeAnew}</Link>}
        {isCore ? null : <button type='button' onClick={() => download('/wasm', `${name}-${version}.wasm`)}>{texts.download}</button>}
        {current?.functions === undefined ? null : <button type='button' onClick={() => download('/openapi', `${name}.openapi.json`)}>{texts.document}</button>}
        {isCore ? null : <Remove name={name} onRemove={isForced => remove(isForced)} />}
      </div>
      {current === undefined ? null : <Functions version={current} />}
      {current === undefined ? null : <Imports version={current} />}
      <DataTable
        caption={texts.versions} rows={[...versions].reverse()} rowKey={({ version }) => String(version)}
        columns={[
          { key: 'version', header: texts.version, isNumeric: true, cell: each => each.version },
          { key: 'state', header: texts.state, cell: each => each.version === version ? <State kind='good'>{texts.isCurrent}</State> : <State kind='off'>{texts.isNotCurrent}</State> },
          { key: 'described', header: texts.described, cell: each => each.functions === undefined ? texts.notDescribed : Object.keys(each.functions).join(', ') },
          { key: 'size', header: texts.size, isNumeric: true, cell: each => formatBytes(each.wasm.size) },
          { key: 'digest', header: texts.digest, cell: each => <code>{each.wasm.sha256.slice(0, 12)}</code> },
          { key: 'uploaded', header: texts.uploaded, cell: each => <Time at={each.createdAt} /> },
          {
            key: 'actions',
            header: texts.actions,
            cell: each => each.version === version ? '' : <RollBack name={name} version={each.version} isDescribed={each.functions !== undefined} onChosen={() => rollBack(each.version)} />
          }
        ]}
      />
      {isCore ? null : <Upload title={texts.addVersion} path={`${placeOf(id)}/versions`} onUploaded={() => onChanged()} />}
    </>
  )
}

function Remove ({ name, onRemove }: { name: string, onRemove: (isForced: boolean) => void }) {
  const [isAsked, setAsked] = useState(false)
  const [isForced, setForced] = useState(false)
  return (
    <>
      <button type='button' class='dangerous' onClick={() => setAsked(true)}>{texts.remove}</button>
      <Confirm title={texts.removeTitle(name)} action={texts.remove} isOpen={isAsked} onClose={() => setAsked(false)} onConfirm={() => onRemove(isForced)}>
        <p>{texts.removeText}</p>
        <Toggle label={texts.removeForced} isOn={isForced} onChange={on => setForced(on)} />
      </Confirm>
    </>
  )
}

function Facts ({ count, version: { version, wasm, analysis: { memory, hasStart }, createdAt, dataFiles } }: { version: ModuleVersion, count: number }) {
  const files = Object.entries(dataFiles)
  return (
    <dl class='facts'>
      <dt>{texts.version}</dt><dd>{texts.versionOf(version, count)}</dd>
      <dt>{texts.size}</dt><dd>{formatBytes(wasm.size)}</dd>
      <dt>{texts.uploaded}</dt><dd><Time at={createdAt} /></dd>
      <dt>{texts.digest}</dt><dd><code class='digest'>{wasm.sha256}</code> <Copy text={wasm.sha256} label={texts.copyDigest} /></dd>
      <dt>{texts.memory}</dt><dd>{memory === undefined ? texts.noMemory : texts.memoryOf(formatBytes(memory.initial * 65_536), memory.maximum === undefined ? undefined : formatBytes(memory.maximum * 65_536))}</dd>
      {hasStart ? <><dt>{texts.start}</dt><dd>{texts.hasStart}</dd></> : null}
      {files.length === 0 ? null : <><dt>{texts.files}</dt><dd>{files.map(([mount, { size }]) => `${mount} (${formatBytes(size)})`).join(', ')}</dd></>}
    </dl>
  )
}

/** How a function is called, in words: `POST, letter with each call, gives integer`. */
function called ({ method, parameters, output, mounts }: FunctionDescription): string {
  const stages = { deployment: texts.withDeployment, execution: texts.withCall, output: texts.written }
  return [method.toUpperCase(), ...parameters.map(({ name, type }) => `${name}: ${type}`), ...Object.entries(mounts).map(([name, { stage }]) => `${name} ${stages[stage]}`), texts.gives(output)].join(', ')
}

function Functions ({ version: { analysis: { exports }, functions = {} } }: { version: ModuleVersion }) {
  return (
    <DataTable
      caption={texts.exports} rows={exports} rowKey={({ name }) => name} empty={<p class='empty'>{texts.noExports}</p>}
      columns={[
        { key: 'name', header: texts.function, cell: ({ name }) => name, sortBy: ({ name }) => name },
        { key: 'signature', header: texts.signature, cell: signature => <code>{written(signature)}</code> },
        { key: 'called', header: texts.called, cell: ({ name }) => { const known = functions[name]; return known === undefined ? texts.notDescribed : called(known) } }
      ]}
    />
  )
}

function Imports ({ version: { analysis: { requirements } } }: { version: ModuleVersion }) {
  return (
    <DataTable
      caption={texts.imports} rows={requirements} rowKey={({ module, name, kind }) => `${module} ${name} ${kind}`} empty={<p class='empty'>{texts.noImports}</p>}
      columns={[
        { key: 'name', header: texts.name, cell: ({ module, name }) => <code>{`${module}.${name}`}</code>, sortBy: ({ module, name }) => `${module}.${name}` },
        { key: 'kind', header: texts.kind, cell: ({ kind }) => kind },
        { key: 'signature', header: texts.signature, cell: ({ signature }) => signature === undefined ? '' : <code>{written(signature)}</code> }
      ]}
    />
  )
}
