// What a process costs, as the system and the probe in it say.
import type { ChildProcess } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import type { Delay, DelayMessage, LiveMessage } from './probe.ts'

/** Milliseconds of a tick in which Linux counts processor time: 1/100 s for every program (sysconf(_SC_CLK_TCK)). */
const tick = 10

/** Processor time of a process and those that it has started, with all their threads, in milliseconds; undefined where the system does not tell. */
export async function readProcessorTime (pid: number): Promise<number | undefined> {
  return sum(await ofFamily(pid, async each => {
    const text = await readFile(`/proc/${each}/stat`, 'utf8')
    // The name, in brackets, may hold anything; user and system time are the fields 14 and 15 (proc_pid_stat(5)).
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return (Number(fields[11]) + Number(fields[12])) * tick
  }))
}

/** Most memory that a process and those that it has started have had, each for itself, in bytes; undefined where the system does not tell. */
export async function readPeakMemory (pid: number): Promise<number | undefined> {
  return sum(await ofFamily(pid, async each => {
    const [, kilobytes] = (await readFile(`/proc/${each}/status`, 'utf8')).match(/^VmHWM:\s+(\d+) kB$/m) ?? []
    return Number(kilobytes) * 1024
  }))
}

/**
 * Memory that a process and those that it has started have now, in bytes; undefined where the system does not tell. Pages of files are counted once, for the process that has
 * most of them: they are the program itself, which is in memory once however many processes run it.
 */
export async function readMemory (pid: number): Promise<number | undefined> {
  const parts = await ofFamily(pid, async each => {
    const status = await readFile(`/proc/${each}/status`, 'utf8')
    const bytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) * 1024
    return { own: bytes('RssAnon') + bytes('RssShmem'), files: bytes('RssFile') }
  })
  return parts && parts.reduce((total, { own }) => total + own, 0) + Math.max(...parts.map(({ files }) => files))
}

async function ofFamily<Value> (pid: number, read: (pid: number) => Promise<Value>): Promise<Value[] | undefined> {
  try {
    const children = await readdir(`/proc/${pid}/task`).then(threads => Promise.all(threads.map(thread => readFile(`/proc/${pid}/task/${thread}/children`, 'utf8').catch(() => ''))))
    const family = [pid, ...children.join(' ').split(' ').filter(text => text !== '').map(Number)]
    return await Promise.all(family.map(read))
  } catch {
    return undefined
  }
}

function sum (values: readonly number[] | undefined): number | undefined {
  return values?.reduce((total, value) => total + value, 0)
}

/** How late the event loop of a process with the probe was since it was last asked. @throws Error where the process has ended */
export async function readDelay (child: ChildProcess): Promise<Delay> {
  return (await ask<DelayMessage>(child, 'delay')).delay
}

/** Bytes of heap and buffers that a process with the probe and --expose-gc holds. @throws Error where the process has ended */
export async function readLive (child: ChildProcess): Promise<number> {
  return (await ask<LiveMessage>(child, 'live')).live
}

/** Asks the probe. The answer has a member of the name of the question. */
async function ask<Answer> (child: ChildProcess, question: keyof Answer & string): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const listen = (message: unknown) => {
    if (typeof message === 'object' && message !== null && question in message) resolve(message as Answer)
  }
  const fail = () => reject(new Error('the process has ended'))
  child.on('message', listen)
  child.on('exit', fail)
  child.send(question)
  try {
    return await promise
  } finally {
    child.off('message', listen)
    child.off('exit', fail)
  }
}
