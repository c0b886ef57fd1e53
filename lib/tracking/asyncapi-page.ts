// The AsyncAPI document of the tracking module as a page.
import type { TSchema } from '@sinclair/typebox'
import { escapeHtml, htmlOf, htmlPage, htmlTable } from '../html.ts'
import type { AsyncApiDocument, MessageObject, OperationObject } from './asyncapi.ts'

/** The page as HTML, in English. @param address - where the document itself is to be had, relative to the page */
export function asyncApiPage (document: AsyncApiDocument, address: string): string {
  const { info, channels, operations, components } = document
  const parts = Object.entries(channels).map(([name, channel]) => {
    const directions = Object.values(operations).filter(({ channel: { $ref } }) => $ref === `#/channels/${name}`)
    return `<section>
<h2>${escapeHtml(channel.title)}: <code>${escapeHtml(channel.address)}</code></h2>
<p>${htmlOf(channel.description)}</p>
${directions.map(operation => direction(operation, components.messages)).join('\n')}
</section>`
  })
  const codes = document['x-close-codes'].map(({ code, meaning, cure }) => [`<code>${code}</code>`, htmlOf(meaning), htmlOf(cure)])
  return htmlPage(`${info.title}: messages`, `<p>${htmlOf(info.description)}</p>
<p><a href="${escapeHtml(address)}">The same as AsyncAPI 3.0</a></p>
${parts.join('\n')}
<section>
<h2>Close codes</h2>
<p>With one of these the server closes a connection.</p>
${htmlTable('Close codes', ['Code', 'Meaning', 'What to do'], codes)}
</section>`)
}

function direction ({ summary, messages }: OperationObject, all: Record<string, MessageObject>): string {
  return `<section>
<h3>${escapeHtml(summary)}</h3>
${messages.flatMap(({ $ref }) => all[$ref.split('/').at(-1) ?? ''] ?? []).map(section).join('\n')}
</section>`
}

function section ({ name, summary, payload, examples, 'x-subprotocol': subprotocol }: MessageObject): string {
  const title = `<code>${escapeHtml(name)}</code>${subprotocol === undefined ? '' : `, with <code>${escapeHtml(subprotocol)}</code>`}`
  return `<section>
<h4>${title}</h4>
<p>${htmlOf(summary)}</p>
${htmlTable(`Members of ${title}`, ['Member', 'Value', 'Needed', 'Meaning'], members(payload))}
${examples.map(example => `<p>Example:</p>
<pre><code>${escapeHtml(JSON.stringify(example.payload))}</code></pre>`).join('\n')}
</section>`
}

/** Rows for the members of an object; those of the entries of a list follow it. */
function members (schema: TSchema, above = ''): string[][] {
  const properties: Record<string, TSchema> = schema.properties ?? {}
  const required: string[] = schema.required ?? []
  return Object.entries(properties).flatMap(([name, member]) => {
    const path = `${above}${name}`
    const row = [`<code>${escapeHtml(path)}</code>`, words(member), required.includes(name) ? 'yes' : 'no', htmlOf(member.description ?? (name === 'type' ? 'Which message it is.' : ''))]
    return [row, ...member.items?.properties === undefined ? [] : members(member.items, `${path}[].`)]
  })
}

/** What a value may be, in words, as HTML. */
function words (schema: TSchema): string {
  if (schema.const !== undefined) return `<code>${escapeHtml(JSON.stringify(schema.const))}</code>`
  if (Array.isArray(schema.anyOf)) return [...new Set(schema.anyOf.map(words))].join(' or ')
  if (schema.type === 'array') return schema.maxItems === 0 ? 'an empty list' : `a list (each ${words(schema.items ?? {})})`
  return kinds[String(schema.type)] ?? 'any value'
}

const kinds: Readonly<Record<string, string>> = {
  string: 'a text', number: 'a number', integer: 'a whole number', boolean: '<code>true</code> or <code>false</code>', null: '<code>null</code>', object: 'an object'
}
