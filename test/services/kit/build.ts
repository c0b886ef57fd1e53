// Builds services and requests for tests of services; whatever it builds is closed with the test.
import { readFileSync } from 'node:fs'
import type { Test } from 'tap'
import { buildService } from '../../../services/kit/index.ts'
import type { ServerOptions, ServiceDefinition, ServiceServer } from '../../../services/kit/index.ts'
import type { GraphicRequest } from '../../../schemas/graphics/request.ts'

/** Builds the server of a service and closes it when the test ends. */
export function build (t: Test, definition: ServiceDefinition, options?: ServerOptions): ServiceServer {
  const app = buildService(definition, options)
  t.teardown(async () => { await app.close() })
  return app
}

/** The bytes of a file in test/fixtures/graphics. */
export function fixture (name: string): Buffer {
  return readFileSync(new URL(`../../fixtures/graphics/${name}`, import.meta.url))
}

/** Bytes as a base64 data URL. */
export function dataUrl (bytes: Buffer, mediaType: string): string {
  return `data:${mediaType};base64,${bytes.toString('base64')}`
}

/** A valid request about a graphic of one pixel, with the given members changed or added. */
export function graphicRequest (changes: Record<string, unknown> = {}): GraphicRequest {
  return {
    request_uuid: '2f5b0d3e-6a57-4c0e-9b51-0c8a5c1c2d3e',
    timestamp: 1700000000,
    language: 'en',
    capabilities: [],
    renderers: ['ca.mcgill.a11y.image.renderer.Text'],
    graphic: 'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
    dimensions: [1, 1],
    context: '',
    ...changes
  }
}
