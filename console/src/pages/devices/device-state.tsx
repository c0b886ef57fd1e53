// The state of a device in a cell.
import { State } from '../../components/state.tsx'
import type { Device } from './known.ts'
import { texts } from './texts.ts'

const words: Record<string, () => string> = { online: () => texts.online, suspect: () => texts.suspect, offline: () => texts.offline }
const kinds = { online: 'good', suspect: 'warning', offline: 'bad' } as const

/** The state: whether it answers, and whether it may be used. */
export function DeviceState ({ device: { state, blacklisted } }: { device: Pick<Device, 'state' | 'blacklisted'> }) {
  return (
    <>
      <State kind={kinds[state as keyof typeof kinds] ?? 'off'}>{words[state]?.() ?? state}</State>
      {blacklisted === undefined ? null : <> <State kind='off'>{texts.blacklisted}</State></>}
    </>
  )
}
