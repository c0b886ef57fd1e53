// A registry for tests: a real one, in a folder that goes with the test.
import type { Test } from 'tap'
import { openRegistry } from '../../../lib/devices/registry/open.ts'
import type { Registry } from '../../../lib/devices/registry.ts'

/** Opens an empty registry; it ends with the test, after what was opened later. */
export async function openTestRegistry (t: Test): Promise<Registry> {
  const registry = await openRegistry({ folder: t.testdir() })
  t.teardown(() => registry.close())
  return registry
}
