// The pages of the console, in the order of the menu. Each is loaded when it is first opened.
import type { ComponentType } from 'preact'
import { texts } from './texts.ts'

/** One entry of the menu. */
export interface ConsolePage {
  /** Where it is in the location's hash; sub-pages are below it. */
  readonly path: string
  /** Its name in the menu, in the present language. */
  readonly name: () => string
  /** Loads its component. */
  readonly load: () => Promise<{ default: ComponentType }>
}

/** All pages; the first is the home page. */
export const pages: readonly ConsolePage[] = [
  { path: '/', name: () => texts.tryIt, load: () => import('./pages/try/index.tsx') },
  { path: '/graph', name: () => texts.graph, load: () => import('./pages/graph/index.tsx') },
  { path: '/tracking', name: () => texts.tracking, load: () => import('./pages/tracking/index.tsx') },
  { path: '/diffraction', name: () => texts.diffraction, load: () => import('./pages/diffraction/index.tsx') },
  { path: '/devices', name: () => texts.devices, load: () => import('./pages/devices/index.tsx') },
  { path: '/settings', name: () => texts.settings, load: () => import('./pages/settings/index.tsx') }
]
