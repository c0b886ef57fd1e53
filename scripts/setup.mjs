// Installs what is missing, from the lockfile, and only when it has changed. Runs before npm start and npm test, on whatever
// Node the machine has; everything after it runs on the Node 24 that this installs.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)))
const modules = path.join(root, 'node_modules')
const stamp = path.join(modules, '.tutti-installed')
const lock = createHash('sha256').update(readFileSync(path.join(root, 'package-lock.json'))).digest('hex')
const nodeBinary = path.join(modules, '.bin', process.platform === 'win32' ? 'node.cmd' : 'node')

if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== lock) {
  console.log('Installing what Tutti needs. The first time this takes a minute or two.')
  run('npm ci --no-audit --no-fund --loglevel=error', root)
  // An npm that runs no install scripts leaves the package without its binary; its own script fetches it from the registry.
  if (!existsSync(nodeBinary)) run('node installArchSpecificPackage', path.join(modules, 'node'))
  // tap puts its plugins together once, by its configuration; left to its first run, that run would still be without.
  run('npx tap build', root)
  writeFileSync(stamp, lock)
}

function run (command, cwd) {
  const { status } = spawnSync(command, { cwd, stdio: 'inherit', shell: true })
  if (status === 0) return
  console.error(`"${command}" failed. Check that the npm registry can be reached and that the disk has 2 GB to spare, then try again.`)
  process.exit(1)
}
