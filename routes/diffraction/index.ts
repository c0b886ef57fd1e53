// Everything of the module `diffraction`: what knows sessions and looks at frames, and the paths by which clients come to it.
import fp from 'fastify-plugin'
import diffraction from '../../plugins/diffraction.ts'
import door from '../../plugins/diffraction-door.ts'
import zeroMq from '../../plugins/diffraction-zeromq.ts'
import files from './files.ts'
import iiif from './iiif.ts'
import jobs from './jobs.ts'
import links from './links.ts'
import viewer from './viewer.ts'

export default fp(async app => {
  await app.register(diffraction)
  await app.register(door)
  await app.register(zeroMq)
  await app.register(jobs)
  await app.register(files)
  await app.register(links)
  await app.register(iiif)
  await app.register(viewer)
}, { name: 'diffraction-routes' })
