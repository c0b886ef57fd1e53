// The OpenAPI document as a page.
import { escapeHtml, htmlPage, htmlTable } from './html.ts'

interface Operation { summary?: string, description?: string, tags?: string[], responses?: Record<string, { description?: string, $ref?: string }> }

/** What of an OpenAPI document the page shows. */
export interface PageSource {
  info: { title: string, description?: string }
  paths?: Record<string, Record<string, Operation>>
  components?: { responses?: Record<string, { description?: string }> }
}

/** The page as HTML, in English. @param address - where the document itself is to be had, relative to the page */
export function openApiPage ({ info, paths = {}, components }: PageSource, address: string): string {
  const sections = Object.entries(paths).flatMap(([path, methods]) => Object.entries(methods)
    .filter(([method]) => method !== 'options')
    .map(([method, operation]) => section(`${method.toUpperCase()} ${path}`, operation, components?.responses ?? {})))
  return htmlPage(`${info.title}: operations`, `<p>${escapeHtml(info.description ?? '')}</p>
<p><a href="${escapeHtml(address)}">The same with all schemas and examples, as OpenAPI 3.1</a></p>
${sections.join('\n')}`)
}

function section (title: string, { summary = '', description = '', responses = {} }: Operation, shared: Record<string, { description?: string }>): string {
  const rows = Object.entries(responses).map(([status, response]) => {
    const words = response.description ?? shared[response.$ref?.split('/').at(-1) ?? '']?.description ?? ''
    return [escapeHtml(status), escapeHtml(words)]
  })
  return `<section>
<h2><code>${escapeHtml(title)}</code></h2>
<p>${escapeHtml([summary, description].filter(text => text !== '').join('. '))}</p>
${htmlTable(`Answers of <code>${escapeHtml(title)}</code>`, ['Status', 'Meaning'], rows)}
</section>`
}
