// Which requests become WebSockets.
import type { IncomingMessage } from 'node:http'
import t from 'tap'
import { pathOf, upgradesAt } from '../../lib/upgrade.ts'

t.test('only GET of a known path that asks for a WebSocket becomes one', t => {
  const upgrades = upgradesAt(['/client'])
  const asks = (method: string, url: string, upgrade?: string) => upgrades({ method, url, headers: upgrade === undefined ? {} : { upgrade } } as IncomingMessage)
  t.ok(asks('GET', '/client', 'websocket'))
  t.ok(asks('GET', '/client?a=/b', 'WebSocket'))
  for (const [method, url, upgrade] of [
    ['GET', '/client'], ['GET', '/client', 'h2c'], ['GET', '/client', 'websocket, h2c'], ['POST', '/client', 'websocket'], ['GET', '/client/', 'websocket'], ['GET', '/Client', 'websocket'],
    ['GET', '/', 'websocket'], ['GET', '/render?/client', 'websocket'], ['GET', '', 'websocket']
  ] as const) t.notOk(asks(method, url, upgrade), `${method} ${url} ${String(upgrade)}`)
  t.end()
})

t.test('a path is what stands before the query', t => {
  t.equal(pathOf('/a?b?c'), '/a')
  t.equal(pathOf(undefined), '')
  t.end()
})
