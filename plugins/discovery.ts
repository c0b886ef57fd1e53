// Finds the services and follows their changes.
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import type { Configuration } from '../lib/configuration.ts'
import { ConfigurationError } from '../lib/errors.ts'
import type { ServiceDiscovery, Topology, Trouble } from '../lib/discovery/topology.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** The services that are there now. */
    discovery: ServiceDiscovery
  }
}

export default fp(async app => {
  const discovery = app.config.DISCOVERY === 'static' ? await fromFile(app) : await fromDocker(app, app.config.DISCOVERY)
  let reported = new Set<string>()
  const report = ({ revision, services, problems }: Topology) => {
    app.log.info({ revision, services: [...services.keys()] }, 'services found')
    // Each once, for as long as it lasts: services come and go, and what is wrong with one is not news whenever another changes.
    const current = new Map(problems.map(problem => [`${problem.service}: ${problem.cause}`, problem]))
    for (const [key, problem] of current) {
      if (!reported.has(key)) app.log.warn(problem, 'a service is not as it should be')
    }
    reported = new Set(current.keys())
  }
  if (discovery.status().obstacle === undefined) report(discovery.current())
  discovery.onChange(report)
  app.decorate('discovery', discovery)
  app.addHook('onClose', () => discovery.close())
}, { name: 'discovery', dependencies: ['config'] })

async function fromFile ({ config, log }: FastifyInstance): Promise<ServiceDiscovery> {
  const file = config.SERVICES_FILE
  if (file === undefined) log.warn('no services are known: set SERVICES_FILE to a file that lists them')
  const { createStaticDiscovery } = await import('../lib/discovery/static.ts')
  return await createStaticDiscovery({
    file, onError: error => log.error({ err: error }, 'the services file cannot be used; the last good one stays in force')
  })
}

async function fromDocker ({ config, log }: FastifyInstance, provider: 'docker' | 'swarm'): Promise<ServiceDiscovery> {
  // Loaded where they are needed: the client of Docker is large.
  const [{ createDockerDiscovery }, { createEngine }, { findPlace }] = await Promise.all([
    import('../lib/discovery/docker/discovery.ts'), import('../lib/discovery/docker/engine.ts'), import('../lib/discovery/docker/own-container.ts')
  ])
  const { DOCKER_HOST: host } = config
  return createDockerDiscovery({
    provider,
    engine: createEngine({ host, certificates: await readCertificates(config), timeout: config.DOCKER_TIMEOUT }),
    place: await findPlace({ ownContainer: config.OWN_CONTAINER, networks: config.DISCOVERY_NETWORKS, hostname: config.HOSTNAME }),
    interval: provider === 'docker' ? config.RECONCILE_INTERVAL : config.SWARM_INTERVAL,
    socket: host.startsWith('unix://') ? host.slice('unix://'.length) : undefined,
    onTrouble (trouble: Trouble | undefined, error: unknown) {
      if (trouble === undefined) log.info('services can be found again')
      else log.error({ ...trouble, err: error }, 'services cannot be found now; those that are known serve on')
    }
  })
}

async function readCertificates ({ DOCKER_TLS_VERIFY, DOCKER_CERT_PATH }: Configuration): Promise<{ ca: Buffer, cert: Buffer, key: Buffer } | undefined> {
  const verify = (DOCKER_TLS_VERIFY ?? '').toLowerCase()
  if (DOCKER_CERT_PATH === undefined || ['', '0', 'false', 'off', 'no'].includes(verify)) return undefined
  const read = (name: string) => readFile(path.join(DOCKER_CERT_PATH, name))
  try {
    const [ca, cert, key] = await Promise.all([read('ca.pem'), read('cert.pem'), read('key.pem')])
    return { ca, cert, key }
  } catch {
    throw new ConfigurationError('DOCKER_CERT_PATH', DOCKER_CERT_PATH, 'a folder with ca.pem, cert.pem and key.pem that can be read')
  }
}
