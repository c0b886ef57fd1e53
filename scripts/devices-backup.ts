// npm run devices:backup -- FILE: copies everything that is kept about devices, while the server runs. docs/devices.md says how it is put back.
import path from 'node:path'
import { readConfiguration } from '../lib/configuration.ts'
import { backUpDevices } from '../lib/devices/registry/backup.ts'

const [file, ...more] = process.argv.slice(2)
try {
  if (file === undefined || more.length > 0) throw new Error('npm run devices:backup -- FILE\nDATA_DIR is that of the server.')
  const { DATA_DIR, DATABASE_URL } = readConfiguration(process.env).configuration
  if (DATABASE_URL !== undefined) throw new Error('The registry is in PostgreSQL: use pg_dump for it, and copy the folder devices/files of DATA_DIR.')
  const files = await backUpDevices(path.resolve(DATA_DIR, 'devices'), path.resolve(file))
  console.log(`The registry is in ${file}, ${files} files are in ${file}.files.`)
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
}
