// Writes what a measurement found into a page of the documentation, in the place of what the last one found.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'

/**
 * Puts a section into a file, which is made where there is none.
 * @param section - Markdown from its heading on
 */
export function writeIntoPage (file: string, section: string): void {
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(file, placeSection(existsSync(file) ? readFileSync(file, 'utf8') : '', section))
}

/** Puts a section into a page, in the place of the one with the same heading, else at its end. */
export function placeSection (page: string, section: string): string {
  const heading = section.slice(0, section.indexOf('\n') + 1)
  const start = `\n${page}`.indexOf(`\n${heading}`)
  if (start === -1) return `${page.trimEnd()}\n\n${section}`.trimStart()
  const next = page.indexOf('\n## ', start + heading.length - 1)
  return next === -1 ? page.slice(0, start) + section : `${page.slice(0, start)}${section}${page.slice(next)}`
}
