// npm run build:api: writes the types of all operations, as the OpenAPI document has them, for the console: console/src/api/schema.d.ts.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import openapiTS, { astToString } from 'openapi-typescript'
import type { OpenAPI3 } from 'openapi-typescript'
import { buildApp } from '../app.ts'
import { readConfiguration } from '../lib/configuration.ts'
import { moduleNames } from '../schemas/config.ts'

const file = path.join(path.dirname(import.meta.dirname), 'console/src/api/schema.d.ts')

/** The types of a server with every module, as TypeScript. */
async function makeApiTypes (): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tutti-api-'))
  try {
    const sessions = path.join(folder, 'sessions.json')
    await writeFile(sessions, '{}')
    const { configuration } = readConfiguration({
      MODULES: moduleNames.join(), HOST: '127.0.0.1', DATA_DIR: folder, DEVICES_MDNS: 'off', DIFFRACTION_IDENTITY: 'single', DIFFRACTION_ROOT: folder, DIFFRACTION_SESSIONS: sessions
    })
    const app = await buildApp({ configuration, logger: false })
    try {
      await app.ready()
      const document = app.swagger() as unknown as OpenAPI3
      // What OPTIONS answers, the browser asks by itself.
      for (const path of Object.values(document.paths ?? {})) if ('options' in path) delete path.options
      const nodes = await openapiTS(document, { alphabetize: true })
      return `// Written by npm run build:api from the OpenAPI document; do not edit.\n${astToString(nodes)}`
    } finally {
      await app.close()
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

await mkdir(path.dirname(file), { recursive: true })
await writeFile(file, await makeApiTypes())
