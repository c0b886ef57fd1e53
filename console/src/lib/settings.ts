// How the console looks and sounds for whoever uses this browser.
import { effect, signal } from '@preact/signals'
import { keep, kept } from './keep.ts'

/** The sets of colours. */
export const themes = ['system', 'light', 'dark', 'contrast'] as const

/** One of them; `system` is light or dark, and of high contrast, as the system has it. */
export type Theme = typeof themes[number]

/** The present colours. */
export const theme = signal<Theme>(kept('theme', themes) ?? 'system')

/** Whether there are sounds beside the words. */
export const sounds = signal(kept('sounds', ['on', 'off']) === 'on')

effect(() => {
  keep('theme', theme.value)
  document.documentElement.dataset.theme = theme.value
})
effect(() => keep('sounds', sounds.value ? 'on' : 'off'))
