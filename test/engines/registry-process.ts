// A process of its own that opens the registry under DATABASE_URL, seeks the lead, and says in lines what comes of it. It ends with its standard input.
import { openRegistry } from '../../lib/devices/registry/open.ts'

const say = (text: string) => process.stdout.write(`${text}\n`)
process.stdin.resume().once('end', () => { process.exit() })
const registry = await openRegistry({ folder: '/nowhere', databaseUrl: process.env.DATABASE_URL ?? '', beat: 100 })
say('open')
registry.onNotified((topic, id) => { say(`heard ${topic} ${id}`) })
registry.lead(isLeader => { say(isLeader ? 'leads' : 'follows') })
