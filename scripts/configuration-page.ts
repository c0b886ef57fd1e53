// npm run docs: writes docs/configuration.md from the schema of the configuration.
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { allowedValues } from '../lib/configuration.ts'
import { ConfigSchema } from '../schemas/config.ts'

/** The text of docs/configuration.md. */
export function configurationPage (): string {
  const variables = Object.entries(ConfigSchema.properties).map(([name, schema]) => {
    const preset = 'default' in schema ? `\`${schema.default}\`` : 'none'
    const unit = 'unit' in schema ? ` ${schema.unit}` : ''
    return `## ${name}\n\n${schema.description}\n\nDefault: ${preset}${unit}. Allowed: ${allowedValues(schema)}.\n`
  })
  return `# Configuration

Tutti is configured by environment variables only. A wrong value stops the start with one line that names the variable, the
value, unless it is a secret, and what is allowed; a name that is nearly one of these is warned about. An empty value counts as absent.

\`npm start\` sets four of them where the environment says nothing: \`PARALLEL_PREPROCESSORS=ON\`, \`MAX_BODY=20mb\`,
\`LOG_LEVEL=warn\` and \`SERVICES_FILE\`, a file that it writes itself.

This page is generated from \`schemas/config.ts\` by \`npm run docs\`.

${variables.join('\n')}`
}

if (import.meta.main) await writeFile(path.join(import.meta.dirname, '../docs/configuration.md'), configurationPage())
