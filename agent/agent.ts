// One agent: what a device holds, runs and answers, put together.
import { mkdir } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { ownAddresses } from '../lib/devices/discovery/announcer.ts'
import { openDeployments } from './deployments.ts'
import { download } from './download.ts'
import { interfacesOf, supervisorInterfaces } from './interfaces.ts'
import { authorization, createOrchestrator } from './orchestrator.ts'
import { createRunner } from './runner.ts'
import { openRuns } from './runs.ts'
import { createServer } from './server.ts'
import type { AgentSettings } from './settings.ts'

/** Milliseconds for each file that a deployment names. */
const fetchTimeout = 30_000

/** An agent that listens. */
export interface Agent {
  readonly url: string
  /** Stops listening, and every call. */
  close (): Promise<void>
}

/** Starts one. @param say - writes a line for whoever looks at the process */
export async function startAgent (settings: AgentSettings, say: (line: string) => void): Promise<Agent> {
  const { folder, name, host, port, timeout, threads, maxFile, maxMemory, allowed, rpc, token } = settings
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const interfaces = interfacesOf({ hasRpc: rpc !== undefined })
  const given = supervisorInterfaces(interfaces)
  const orchestrator = createOrchestrator(settings, say)
  const deployments = await openDeployments({
    folder, maxMemory, interfaces: given, onTrouble: say, fetchFile: url => download(url, { most: maxFile, timeout: fetchTimeout, headers: authorization(url, settings.orchestrator, token) })
  })
  const runner = createRunner({ threads, timeout })
  const runs = await openRuns({
    folder,
    deployments,
    runner,
    interfaces,
    maxFile,
    rpc,
    onEnd: ({ request_id: id, deployment_id: deployment, module_name: module, function_name: func, success, result }, printed) => {
      const about = { funcName: func, deployment_id: deployment, module_name: module, request_id: id }
      if (printed !== '') orchestrator.log({ loglevel: 'INFO', message: printed, ...about })
      orchestrator.log(success ? { loglevel: 'INFO', message: `${module}.${func} ended`, ...about } : { loglevel: 'ERROR', message: `${module}.${func} failed: ${String(result)}`, ...about })
    }
  })
  const server = createServer({ name, deployments, runs, interfaces: given, maxFile, allowed, orchestrator, onProbe: orchestrator.onProbe, onTrouble: say })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve))
  const { port: bound } = server.address() as AddressInfo
  const isEverywhere = host === '0.0.0.0' || host === '::'
  const addresses = isEverywhere ? ownAddresses() : [host]
  const close = async () => {
    orchestrator.close()
    const closed = new Promise<unknown>(resolve => server.close(resolve))
    await runner.close()
    server.closeAllConnections()
    await closed
  }
  try {
    await orchestrator.start({ port: bound, addresses })
  } catch (error) {
    await close()
    throw error
  }
  const [first = '127.0.0.1'] = addresses
  return { url: `http://${first.includes(':') ? `[${first}]` : first}:${bound}`, close }
}
