// Pieces of pages that read well without scripts, styles from elsewhere, or eyes.

/** A whole page, in English. @param body - HTML of what stands under its one heading */
export function htmlPage (title: string, body: string): string {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
${body}
</main>
</body>
</html>
`
}

/** A table as HTML. @param caption - what it is about, as HTML @param heads - what its columns are, as text @param rows - cells as HTML; the first of each names its row */
export function htmlTable (caption: string, heads: readonly string[], rows: ReadonlyArray<readonly string[]>): string {
  const body = rows.map(([name = '', ...cells]) => `<tr><th scope="row">${name}</th>${cells.map(cell => `<td>${cell}</td>`).join('')}</tr>`)
  return `<table>
<caption>${caption}</caption>
<thead><tr>${heads.map(head => `<th scope="col">${escapeHtml(head)}</th>`).join('')}</tr></thead>
<tbody>${body.join('')}</tbody>
</table>`
}

/** Text as HTML. */
export function escapeHtml (text: string): string {
  return text.replace(/[&<>"']/g, sign => `&#${sign.charCodeAt(0)};`)
}

/** Text as HTML, with what stands between two backticks as code. */
export function htmlOf (text: string): string {
  return escapeHtml(text).replace(/`([^`]+)`/g, '<code>$1</code>')
}
