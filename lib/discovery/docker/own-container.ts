// Which container are we? Docker writes its id into the host name and into the mount table; an operator can say it.
import { readFile } from 'node:fs/promises'

/** Where services are looked for. */
export interface Place {
  /** What the own container may be known by, likeliest first: its id, the first 12 or more digits of it, or its name. */
  readonly candidates: readonly string[]
  /** Names or ids of the networks to look in, instead of those of the own container; undefined where the own container decides. */
  readonly networks: readonly string[] | undefined
}

/** What the place is found from. */
export interface PlaceOptions {
  /** Id or name, as the operator says. Nothing else is believed then. */
  ownContainer: string | undefined
  /** Names or ids of networks separated by commas, as the operator says. */
  networks: string | undefined
  /** Host name of the machine or container. */
  hostname: string | undefined
  /** Folder of this process in the proc file system. */
  processFolder?: string
}

/** An id, or its first digits: at least the twelve that Docker itself shows, and gives a container for its host name. */
const idStart = /^[0-9a-f]{12,64}$/

/** A container's own folder, as it shows in mountinfo: the file /etc/hostname is mounted from there. */
const idInMounts = /containers\/([0-9a-f]{64})\//g

/** The group that an engine makes for a container, as it shows in cgroup (version 1). */
const idInGroups = /\b([0-9a-f]{64})\b/g

/**
 * Finds out where services are to be looked for.
 * @returns candidates, none where there is no sign of a container
 */
export async function findPlace ({ ownContainer, networks, hostname, processFolder = '/proc/self' }: PlaceOptions): Promise<Place> {
  const named = networks?.split(',').map(name => name.trim()).filter(name => name !== '')
  const place = (candidates: string[]): Place => ({ candidates: [...new Set(candidates)], networks: named?.length ? named : undefined })
  if (ownContainer !== undefined) return place([ownContainer.replace(/^\//, '')])
  const [groups, mounts] = await Promise.all(['cgroup', 'mountinfo'].map(name => readFile(`${processFolder}/${name}`, 'utf8').catch(() => '')))
  return place([
    // Any other host name could be the name of another container.
    ...hostname !== undefined && idStart.test(hostname) ? [hostname] : [],
    ...ids(groups, idInGroups),
    ...ids(mounts, idInMounts)
  ])
}

/** Whether the candidate is the id, or enough of its beginning; an empty one matches nothing. */
export function isIdOf (candidate: string, id: string): boolean {
  return idStart.test(candidate) && id.startsWith(candidate)
}

function ids (text = '', pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(([, id = '']) => id)
}
