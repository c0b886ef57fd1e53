// npm run audit: asks the registry whether any package of the lockfile has a known weakness. Ends with 0 where none has, and where the
// registry does not answer such questions; with 1 where one has, and where nobody could be asked.
import { spawnSync } from 'node:child_process'
import path from 'node:path'

/** What is told, and what the process ends with. */
export interface AuditResult { text: string, exitCode: 0 | 1 }

/** Statuses by which a registry says that it knows no such question. */
const notOffered = [404, 405, 501]

/** Reads what `npm audit --json` has written. */
export function readAudit (report: string): AuditResult {
  const audit = parse(report)
  const total = record(record(audit.metadata).vulnerabilities).total
  if (total === 0) return { text: 'No package has a known weakness.', exitCode: 0 }
  if (typeof total === 'number') {
    const found = Object.entries(record(audit.vulnerabilities)).map(([name, weakness]) => `${name}: ${String(record(weakness).severity)}`)
    return { text: [...found, `${total} packages have known weaknesses. \`npm audit\` says more; docs/updating.md says what to do.`].join('\n'), exitCode: 1 }
  }
  if (typeof audit.statusCode === 'number' && notOffered.includes(audit.statusCode)) {
    return { text: `Nothing was checked: this registry does not offer it (${audit.statusCode}). Ask another one: npm run audit -- --registry=https://…`, exitCode: 0 }
  }
  return { text: `Nothing was checked: ${typeof audit.message === 'string' ? audit.message : 'npm audit gave no report'}. Try again when the registry can be reached.`, exitCode: 1 }
}

function parse (report: string): Record<string, unknown> {
  try {
    return record(JSON.parse(report))
  } catch {
    return {}
  }
}

function record (value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? value as Record<string, unknown> : {}
}

if (import.meta.main) {
  const { stdout } = spawnSync('npm', ['audit', '--json', ...process.argv.slice(2)], { cwd: path.dirname(import.meta.dirname), encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })
  const { text, exitCode } = readAudit(stdout ?? '')
  console.log(text)
  process.exitCode = exitCode
}
