// A folder whose disk hangs: no call of it ever comes back.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Test } from 'tap'

/** Mounts a file system that nobody serves: whoever asks it waits until the test ends. @returns its folder; undefined where it may not be mounted */
export function mountHung (t: Test): string | undefined {
  if (process.getuid?.() !== 0 || !existsSync('/dev/fuse')) return undefined
  const device = openSync('/dev/fuse', 'r+')
  const folder = mkdtempSync(path.join(tmpdir(), 'tutti-hung-'))
  const { status } = spawnSync('mount', ['-i', '-t', 'fuse', '-o', 'fd=3,rootmode=40000,user_id=0,group_id=0', 'hung', folder], { stdio: ['ignore', 'ignore', 'ignore', device] })
  t.teardown(async () => {
    closeSync(device)
    // By another process: this one must not touch what may hang.
    if (status === 0) await once(spawn('umount', ['-l', folder]), 'close')
    rmSync(folder, { recursive: true, force: true })
  })
  return status === 0 ? folder : undefined
}
