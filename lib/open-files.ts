// How many files and connections the system lets a process have open.

/**
 * Reads the limit of open files.
 * @param limits - the text of /proc/self/limits (proc_pid_limits(5))
 * @returns undefined where there is none, or the text says nothing of it
 */
export function openFileLimit (limits: string): number | undefined {
  const soft = limits.match(/^Max open files +(\d+) /m)?.[1]
  return soft === undefined ? undefined : Number(soft)
}
