// Reads a stream of events as the standard says (https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation).

/** One event, or a comment, whose name is then empty. */
export interface ReadEvent { event: string, data: string }

/** Gives the events of a text as they come. What is no complete event at the end is left out, as the standard wants it. */
export async function * readEvents (chunks: AsyncIterable<Uint8Array>): AsyncGenerator<ReadEvent> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let rest = ''
  let event = 'message'
  let data: string[] = []
  for await (const chunk of chunks) {
    rest += decoder.decode(chunk, { stream: true })
    const lines = rest.split(/\r\n|\n|\r(?!$)/)
    rest = lines.pop() ?? ''
    for (const line of lines) {
      const [, field = '', value = ''] = line.match(/^([^:]*)(?:: ?(.*))?$/s) ?? []
      if (line === '') {
        if (data.length > 0) yield { event, data: data.join('\n') }
        event = 'message'
        data = []
      } else if (field === 'event') event = value
      else if (field === 'data') data.push(value)
      else if (field === '') yield { event: '', data: value }
    }
  }
}

/** All events of a text, once it has ended. */
export async function allEvents (chunks: AsyncIterable<Uint8Array>): Promise<ReadEvent[]> {
  const events: ReadEvent[] = []
  for await (const event of readEvents(chunks)) events.push(event)
  return events
}
