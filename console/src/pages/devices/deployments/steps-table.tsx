// The steps of a deployment: what runs, where it is now, and why there.
import { Link } from 'wouter-preact'
import { DataTable } from '../../../components/data-table.tsx'
import { DeviceState } from '../device-state.tsx'
import type { Device } from '../known.ts'
import { isServer } from './known.ts'
import type { Deployment, PlacedStep, Step } from './known.ts'
import { texts } from './texts.ts'

/** A step with where it is. */
interface Row { readonly index: number, readonly step: Step, readonly placed: PlacedStep | undefined }

/** The table. @param modules - names by id */
export function StepsTable ({ deployment, devices, modules }: { deployment: Deployment, devices: readonly Device[], modules: ReadonlyMap<string, string> }) {
  const byId = new Map(devices.map(device => [device.id, device]))
  const nameOf = (id: string) => byId.get(id)?.name ?? id
  const rows = deployment.steps.map((step, index): Row => ({ index, step, placed: deployment.sequence[index] }))
  return (
    <DataTable
      caption={texts.stepsNow} isCaptionHeardOnly rows={rows} rowKey={({ index }) => String(index)}
      columns={[
        { key: 'step', header: texts.stepHeader, cell: ({ index, step: { func } }) => texts.stepShort(index + 1, func) },
        { key: 'module', header: texts.module, cell: ({ step: { module } }) => modules.get(module) ?? module },
        { key: 'device', header: texts.isOn, cell: ({ placed }) => <Where device={placed === undefined ? undefined : byId.get(placed.device)} id={placed?.device} /> },
        { key: 'why', header: texts.why, cell: ({ index, step, placed }) => placed === undefined ? texts.whyNowhere : whyThere(step, placed.device, deployment.goal[index], nameOf) },
        { key: 'failovers', header: texts.takesOver, cell: ({ step: { device, failovers } }) => failovers.length > 0 ? failovers.map(nameOf).join(', ') : device === null ? texts.anyThatFits : texts.nobody },
        { key: 'labels', header: texts.labels, cell: ({ step: { labels } }) => Object.entries(labels).map(([name, value]) => `${name}=${value}`).join(', ') || texts.none }
      ]}
    />
  )
}

function Where ({ device, id }: { device: Device | undefined, id: string | undefined }) {
  if (device === undefined) return <>{id ?? texts.nowhere}</>
  if (isServer(device)) return <>{texts.thisServer}</>
  return <><Link href={`/of/${device.id}`}>{device.name}</Link> <DeviceState device={device} /></>
}

/** Why a step is where it is. @param goal - where it belongs */
function whyThere ({ device: asked }: Step, device: string, goal: string | undefined, nameOf: (id: string) => string): string {
  const home = goal ?? asked
  if (home !== null && home !== device) return texts.whyFailover(nameOf(home))
  return asked === device ? texts.whyAsked : asked === null ? texts.whyBest : texts.whyTakesOver(nameOf(asked))
}
