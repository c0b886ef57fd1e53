// Zones, and the levels of risk that they take: one entry a zone, whoever writes it.
import { createHash } from 'node:crypto'
import { DevicesError } from './devices-error.ts'
import type { Registry } from './registry.ts'

/** Keeps levels by name of zone; other zones stay as they are. @throws DevicesError UNAVAILABLE */
export async function keepZones ({ zones }: Pick<Registry, 'zones'>, levels: ReadonlyMap<string, readonly string[]>, now = Date.now()): Promise<void> {
  for (const [zone, allowedRiskLevels] of levels) {
    const [known] = await zones.list({ name: zone, limit: 1 })
    // The id follows from the name, so that two who write at one time write one.
    const id = known?.id ?? createHash('sha256').update(zone).digest('hex').slice(0, 24)
    const kept = { id, zone, allowedRiskLevels, lastUpdated: now }
    if (await zones.update(id, () => kept) !== undefined) continue
    await zones.insert(kept).catch(async error => {
      if (!(error instanceof DevicesError) || error.code !== 'CONFLICT') throw error
      await zones.update(id, () => kept)
    })
  }
}
