// The OpenAPI document as a page that reads well without scripts, styles from elsewhere, or eyes.

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
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(info.title)}: operations</title>
</head>
<body>
<main>
<h1>${escape(info.title)}: operations</h1>
<p>${escape(info.description ?? '')}</p>
<p><a href="${escape(address)}">The same with all schemas and examples, as OpenAPI 3.1</a></p>
${sections.join('\n')}
</main>
</body>
</html>
`
}

function section (title: string, { summary = '', description = '', responses = {} }: Operation, shared: Record<string, { description?: string }>): string {
  const rows = Object.entries(responses).map(([status, response]) => {
    const words = response.description ?? shared[response.$ref?.split('/').at(-1) ?? '']?.description ?? ''
    return `<tr><th scope="row">${escape(status)}</th><td>${escape(words)}</td></tr>`
  })
  return `<section>
<h2><code>${escape(title)}</code></h2>
<p>${escape([summary, description].filter(text => text !== '').join('. '))}</p>
<table>
<caption>Answers of <code>${escape(title)}</code></caption>
<thead><tr><th scope="col">Status</th><th scope="col">Meaning</th></tr></thead>
<tbody>${rows.join('')}</tbody>
</table>
</section>`
}

function escape (text: string): string {
  return text.replace(/[&<>"']/g, sign => `&#${sign.charCodeAt(0)};`)
}
