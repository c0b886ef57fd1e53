// compose/diffraction.yaml on a real engine: frames are shown out of a container, as one user for all, and as whoever asks.
import { appendFileSync, chmodSync, chownSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { writeEiger } from '../../scripts/diffraction-demo/eiger.ts'
import { docker } from './command.ts'
import { prepareDeployment, untilHealthy } from './deployment.ts'

const origin = 'http://127.0.0.1:8080'

/** Megabytes that the libraries may add to the image; docs/diffraction.md states them. */
const largest = 45

/** Asks for a picture of the first frame. */
async function see (pid: string, file: string) {
  const response = await fetch(`${origin}/diffraction/jpeg`, {
    method: 'POST',
    headers: { authorization: `Bearer ${pid}`, 'content-type': 'application/json' },
    body: JSON.stringify({ esaf: 1, fn: file, frame: 1, xsize: 64, zoom: 1, segcol: 0, segrow: 0, contrast: 0, wval: -1 })
  })
  const bytes = Buffer.from(await response.arrayBuffer())
  return { status: response.status, isPicture: bytes.toString('hex', 0, 2) === 'ffd8' }
}

t.test('diffraction alone', async t => {
  const { compose, environment, folder } = await prepareDeployment({ COMPOSE_FILE: 'diffraction.yaml' })
  await docker('build --network host --build-arg DIFFRACTION=on --tag tutti-diffraction .')
  const size = async (image: string) => Number(await docker(`image inspect --format {{.Size}} ${image}`)) / 1e6
  const added = await size('tutti-diffraction') - await size('tutti')
  t.ok(added > 0 && added < largest, `the libraries add ${added.toFixed(0)} MB`)

  const frames = path.join(folder, 'frames')
  mkdirSync(frames)
  mkdirSync(path.join(folder, 'diffraction'))
  const session = (uid: string) => ({ uid, pid: uid, role: 'user', allowedESAFs: [1] })
  writeFileSync(path.join(folder, 'diffraction/sessions.json'), JSON.stringify({ rose: session('rose'), iris: session('iris') }))
  for (const name of ['all', 'rose']) {
    const place = path.join(frames, name)
    mkdirSync(place)
    await writeEiger(place, { name: 'x', width: 128, height: 96, frames: 1, framesPerFile: 1 })
  }
  // Which files each of them may read is for the kernel to say.
  chownSync(path.join(frames, 'rose'), 2001, 2001)
  chmodSync(path.join(frames, 'rose'), 0o700)
  t.teardown(() => compose('down --volumes --timeout 5'))

  await compose('up --detach --no-build')
  const [first] = await untilHealthy('com.docker.compose.service=orchestrator', 1)
  t.strictSame(await see('rose', 'all/x_master.h5'), { status: 200, isPicture: true }, 'as the user of the container')
  t.strictSame(await see('rose', 'rose/x_master.h5'), { status: 404, isPicture: false }, 'who may not see everything')
  t.equal((await see('nobody', 'all/x_master.h5')).status, 401)

  const accounts = path.join(folder, 'passwd')
  copyFileSync('/etc/passwd', accounts)
  appendFileSync(accounts, 'rose:x:2001:2001::/:/bin/false\niris:x:2002:2002::/:/bin/false\ne1:x:3001:3001::/:/bin/false\n')
  const own = path.join(folder, 'diffraction.yaml')
  writeFileSync(own, readFileSync(own, 'utf8').replace('/etc/passwd:/etc/passwd:ro', './passwd:/etc/passwd:ro'))
  Object.assign(environment, { DIFFRACTION_IDENTITY: 'user', DIFFRACTION_USER: '0:0' })
  await compose('up --detach --no-build --force-recreate')
  const [second] = await untilHealthy('com.docker.compose.service=orchestrator', 1)
  t.not(second, first)
  t.strictSame(await see('rose', 'rose/x_master.h5'), { status: 200, isPicture: true }, 'as rose')
  t.strictSame(await see('iris', 'all/x_master.h5'), { status: 200, isPicture: true }, 'as iris')
  t.strictSame(await see('iris', 'rose/x_master.h5'), { status: 404, isPicture: false }, 'iris does not see what is of rose')
})
