// What has been loaded from the module graphics, or why there is nothing.
import type { ComponentChildren } from 'preact'
import { Failed, Loaded } from '../../components/loaded.tsx'
import { Empty } from '../../components/problem.tsx'
import type { Resource } from '../../lib/resource.ts'
import { texts } from './texts.ts'

/** What has been loaded; where the server has no graphics at all, how it gets some. */
export function Known<T> ({ resource, children }: { resource: Resource<T>, children: (data: T) => ComponentChildren }) {
  const { data, failure, reload } = resource
  if (failure?.kind === 'missing') return <Empty title={texts.noModule}><p>{texts.noModuleCure}</p></Empty>
  if (data === undefined && failure !== undefined) return <Failed failure={failure} onRetry={reload} />
  return <Loaded resource={resource}>{children}</Loaded>
}
