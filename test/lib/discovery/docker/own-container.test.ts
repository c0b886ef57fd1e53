// Which container the server runs in: what the host name, the process and the operator say, and that no sign of one is none.
import path from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import { findPlace } from '../../../../lib/discovery/docker/own-container.ts'
import { idOf } from '../../fixtures/engine-containers.ts'

const id = idOf('own')
const nothing = { ownContainer: undefined, networks: undefined, hostname: undefined }

/** A folder such as /proc/self with these files. */
function processFolder (t: Test, files: Record<string, string>): string {
  return path.resolve(t.testdir(files))
}

const mounts = (containerId: string) => `1044 1038 0:5 / /proc rw - proc proc rw
1051 1043 8:1 /var/lib/docker/containers/${containerId}/resolv.conf /etc/resolv.conf rw,relatime - ext4 /dev/sda1 rw
1052 1043 8:1 /var/lib/docker/containers/${containerId}/hostname /etc/hostname rw,relatime - ext4 /dev/sda1 rw
`

t.test('the host name that Docker gives is the beginning of the id', async t => {
  const place = await findPlace({ ...nothing, hostname: id.slice(0, 12), processFolder: processFolder(t, {}) })
  t.strictSame(place, { candidates: [id.slice(0, 12)], networks: undefined })
})

t.test('a host name of another kind says nothing: it could be the name of any container', async t => {
  for (const hostname of ['', 'orchestrator', 'abc', id.slice(0, 11), 'build-01', `${id}0`]) {
    t.strictSame((await findPlace({ ...nothing, hostname, processFolder: processFolder(t, {}) })).candidates, [], hostname)
  }
})

t.test('without one, the mounts of the process name the container', async t => {
  const place = await findPlace({ ...nothing, hostname: 'orchestrator', processFolder: processFolder(t, { mountinfo: mounts(id), cgroup: '0::/\n' }) })
  t.strictSame(place.candidates, [id])
})

t.test('so do its groups, as engines of either kind write them', async t => {
  for (const cgroup of [`12:pids:/docker/${id}\n11:cpu:/docker/${id}\n`, `0::/system.slice/docker-${id}.scope\n`]) {
    t.strictSame((await findPlace({ ...nothing, processFolder: processFolder(t, { cgroup }) })).candidates, [id])
  }
})

t.test('outside of a container there is no candidate', async t => {
  const plain = processFolder(t, { cgroup: '0::/user.slice/user-1000.slice/session-2.scope\n', mountinfo: '22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw\n' })
  t.strictSame((await findPlace({ ...nothing, hostname: 'laptop', processFolder: plain })).candidates, [])
  t.strictSame((await findPlace({ ...nothing, processFolder: path.join(plain, 'none') })).candidates, [])
})

t.test('what the operator says is believed before all else', async t => {
  const folder = processFolder(t, { mountinfo: mounts(id) })
  t.strictSame((await findPlace({ ...nothing, ownContainer: 'orchestrator', hostname: id.slice(0, 12), processFolder: folder })).candidates, ['orchestrator'])
  t.strictSame((await findPlace({ ...nothing, ownContainer: '/orchestrator', processFolder: folder })).candidates, ['orchestrator'], 'with the slash that Docker writes')
})

t.test('networks are a list; one of nothing but commas is none', async t => {
  const processFolder = path.join(t.testdir({}), 'none')
  t.strictSame((await findPlace({ ...nothing, networks: ' image , back,', processFolder })).networks, ['image', 'back'])
  t.equal((await findPlace({ ...nothing, networks: ' , ', processFolder })).networks, undefined)
})
