// Makes the frames of the demonstration in the folder that is its argument, where they are not there already.
import { existsSync } from 'node:fs'
import { mkdir, readdir, rename } from 'node:fs/promises'
import path from 'node:path'
import { writeEiger } from './eiger.ts'

const [, , folder = ''] = process.argv

/** Detector modules of an Eiger 1M. */
const series = { name: 'demo', width: 1030, height: 1065, frames: 2, framesPerFile: 2 }

if (!existsSync(path.join(folder, `${series.name}_master.h5`))) {
  // Whole files take their place at once, so that nobody reads half of one; the master, which names the others, last.
  const place = `${folder}.new`
  await mkdir(place, { recursive: true })
  await writeEiger(place, series)
  for (const name of (await readdir(place)).toSorted()) await rename(path.join(place, name), path.join(folder, name))
}
