// What an Accept header prefers.
import t from 'tap'
import { prefers } from '../../lib/preference.ts'

const events = (accept: string | undefined) => prefers(accept, 'text/event-stream', 'application/json')

t.test('events are for those who name them and would rather have them', async t => {
  for (const accept of [
    'text/event-stream', 'Text/Event-Stream', ' text/event-stream ; q=0.1', 'text/event-stream;charset=utf-8', 'text/event-stream, application/json;q=0.9',
    'application/json;q=0.5,text/event-stream;q=0.6', 'text/event-stream, */*;q=0.1', '*/*;q=0.8, text/event-stream;q=0.801',
    'text/event-stream;q=0.5, application/json;q=0.1, */*', 'text/event-stream, application/json;q=0', 'text/event-stream;q=0.3, application/*;q=0.2, */*'
  ]) t.equal(events(accept), true, accept)
})

t.test('everybody else gets JSON', async t => {
  for (const accept of [
    undefined, '', '*/*', 'text/*', 'application/json', 'application/json, text/event-stream', 'text/event-stream, application/json',
    'text/event-stream, */*', 'text/event-stream;q=0', 'text/event-stream;q=0, application/json;q=0', 'text/event-stream;q=0.5, application/*;q=0.6',
    'text/event-streams', 'text/event-stream;q=2', 'text/event-stream;q=x', 'text/event-stream;q=-1', ',;,;q=1,', '__proto__'
  ]) t.equal(events(accept), false, String(accept))
})
