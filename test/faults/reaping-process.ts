// A process that sweeps a storage folder once. Arguments: the folder, and what the clock is to say, in milliseconds since 1970.
import { sweep } from '../../lib/storage/reaper.ts'

const [folder = '', moment = '0'] = process.argv.slice(2)
await sweep({ folder, now: () => Number(moment) })
