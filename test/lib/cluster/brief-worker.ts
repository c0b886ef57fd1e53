// A worker that does what the variable LIFE says: `crash` ends it soon after it listens, `stillborn` before, `calm` lets it live.
import { joinPrimary } from '../../../lib/cluster/worker.ts'

if (process.env.LIFE === 'stillborn') process.exit(4)
const worker = joinPrimary()
await worker.listening(['http://127.0.0.1:1'])
if (process.env.LIFE === 'crash') process.exit(3)
