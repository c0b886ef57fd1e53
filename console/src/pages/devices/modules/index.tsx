// Modules, with what was found in them, and how one is uploaded.
import { Link, useLocation } from 'wouter-preact'
import { DataTable } from '../../../components/data-table.tsx'
import { Loaded } from '../../../components/loaded.tsx'
import { Empty } from '../../../components/problem.tsx'
import { Time } from '../../../components/state.tsx'
import { api, ask } from '../../../lib/api.ts'
import { useResource } from '../../../lib/resource.ts'
import { formatBytes } from '../../../lib/texts.ts'
import { Heading } from '../heading.tsx'
import { pace } from '../known.ts'
import { currentOf, moduleOf } from './module.ts'
import { texts } from './texts.ts'
import { Upload } from './upload.tsx'

/** The list. */
export function Modules () {
  const [, navigate] = useLocation()
  const modules = useResource(async signal => (await ask(api.GET('/api/v1/modules', { params: { query: { limit: 1000, order: 'oldest' } }, signal }))).items.filter(({ isCore }) => !isCore).map(each => moduleOf(each)), [], { every: pace })
  return (
    <>
      <Heading title={texts.modules} />
      <Loaded resource={modules} isEmpty={list => list.length === 0} empty={<Empty title={texts.none}><p>{texts.noneCure}</p></Empty>}>
        {list => (
          <DataTable
            caption={texts.modules} isCaptionHeardOnly rows={list.map(module => ({ ...module, current: currentOf(module) }))} rowKey={({ id }) => id}
            columns={[
              { key: 'name', header: texts.name, cell: ({ id, name }) => <Link href={`/modules/${id}`}>{name}</Link>, sortBy: ({ name }) => name },
              { key: 'version', header: texts.version, isNumeric: true, cell: ({ version, versions }) => `${version} / ${versions.length}`, sortBy: ({ version }) => version },
              { key: 'functions', header: texts.functions, cell: ({ current }) => current?.functions === undefined ? texts.notDescribed : Object.keys(current.functions).join(', ') },
              { key: 'size', header: texts.size, isNumeric: true, cell: ({ current }) => current === undefined ? '' : formatBytes(current.wasm.size), sortBy: ({ current }) => current?.wasm.size ?? 0 },
              { key: 'digest', header: texts.digest, cell: ({ current }) => <code>{current?.wasm.sha256.slice(0, 12)}</code> },
              { key: 'uploaded', header: texts.uploaded, cell: ({ current }) => current === undefined ? '' : <Time at={current.createdAt} />, sortBy: ({ current }) => current?.createdAt ?? 0 }
            ]}
          />
        )}
      </Loaded>
      <Upload title={texts.uploadModule} path='/api/v1/modules' isNew onUploaded={({ id }) => navigate(`/modules/${id}`)} />
    </>
  )
}
