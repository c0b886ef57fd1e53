// This server as a device: core services are deployed without a way through the network.
import type { Datalists } from './datalist.ts'
import type { DeviceAnswer } from './deployment.ts'
import type { SelfDevice } from './reconcile/tellings.ts'

/** Makes it of the services that there are. */
export function createSelfDevice (datalists: Pick<Datalists, 'deploy' | 'undeploy'>, now = Date.now): SelfDevice {
  const answer = (): DeviceAnswer => ({ status: 200, data: { status: 'ok' }, time: now() })
  return {
    async deploy (document) {
      await datalists.deploy(document)
      return answer()
    },
    async undeploy (deployment) {
      await datalists.undeploy(deployment)
      return answer()
    }
  }
}
