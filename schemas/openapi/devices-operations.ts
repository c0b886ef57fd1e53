// What the OpenAPI document says of the paths by which clients and supervisors of the Wasm-IoT orchestrator come. The versioned API says it itself, route by route.
import type { JsonObject } from './components.ts'

const refusal: JsonObject = {
  description: 'The request cannot be done.',
  content: {
    'application/json': {
      schema: {
        type: 'object',
        properties: {
          errorText: { type: 'string', description: 'What went wrong, for people.' },
          error: { description: 'More of it, or the text `error`.' },
          code: { type: 'string', description: 'What it is, for programs.' }
        }
      }
    }
  }
}

/** What differs in a few operations. */
interface More { readonly status?: number, readonly type?: string, readonly isForDevices?: boolean }

function operation (operationId: string, summary: string, { isForDevices = false, status = 200, type = 'application/json' }: More = {}): JsonObject {
  const hasBody = status !== 204 && status !== 202
  return {
    operationId,
    summary,
    tags: ['devices'],
    security: isForDevices ? [{ operator: [] }, { device: [] }] : [{ operator: [] }],
    responses: {
      [status]: { description: hasBody ? 'As the Wasm-IoT orchestrator answers.' : 'Done.', ...hasBody ? { content: { [type]: { schema: {} } } } : {} },
      '4XX': refusal,
      '5XX': refusal
    }
  }
}

const forDevices = { isForDevices: true }
const list = '/:deployment/modules/core:Datalist'

/** By method and path. */
export const devicesOperations: Record<string, JsonObject> = {
  'GET /file/device': operation('legacyDevices', 'All devices'),
  'DELETE /file/device': operation('legacyRemoveDevices', 'Forgets all devices until they are found again'),
  'POST /file/device/discovery/reset': operation('legacyScan', 'Looks for devices anew', { status: 204 }),
  'POST /file/device/discovery/register': operation('legacyRegister', 'Registers a device; it is reached later', { status: 204, ...forDevices }),
  'POST /file/device/:deviceId/blacklist': operation('legacyBlacklist', 'Has nothing placed on a device'),
  'POST /file/device/:deviceId/unblacklist': operation('legacyUnblacklist', 'Lets a device be used again'),
  'GET /file/module': operation('legacyModules', 'All modules'),
  'POST /file/module': operation('legacyCreateModule', 'Makes a module of a form with a field name and a file', { status: 201 }),
  'DELETE /file/module': operation('legacyRemoveModules', 'Removes all modules'),
  'GET /file/module/:id': operation('legacyModule', 'A module, as a list of one'),
  'DELETE /file/module/:id': operation('legacyRemoveModule', 'Removes a module, or all of a name', { status: 204 }),
  'POST /file/module/:id/upload': operation('legacyDescribeModule', 'Says how functions are called, and brings files of mounts'),
  'GET /file/module/:id/description': operation('legacyModuleDescription', 'The OpenAPI document of a module', forDevices),
  'GET /file/module/:id/:filename': operation('legacyModuleFile', 'The bytes of a module (`wasm`), or a file by the name of its mount', { type: 'application/octet-stream', ...forDevices }),
  'GET /file/manifest': operation('legacyDeployments', 'All deployments'),
  'POST /file/manifest': operation('legacyCreateDeployment', 'Places a deployment and keeps it; its id comes as quoted text', { status: 201, type: 'text/plain' }),
  'DELETE /file/manifest': operation('legacyRemoveDeployments', 'Removes all deployments; devices forget them'),
  'GET /file/manifest/:id': operation('legacyDeployment', 'A deployment'),
  'POST /file/manifest/:id': operation('legacyDeploy', 'Brings a deployment to its devices, and says what each of them answered'),
  'PUT /file/manifest/:id': operation('legacyReplaceDeployment', 'Changes a deployment, and brings it to its devices where it is there already'),
  'DELETE /file/manifest/:id': operation('legacyRemoveDeployment', 'Removes a deployment; devices forget it'),
  'POST /execute/:id': operation('legacyExecute', 'Runs a deployment, and waits for the result'),
  'GET /.well-known/wasmiot-device-description': { ...operation('legacyDescription', 'What this server is as a device'), security: [] },
  'POST /deploy': operation('legacySelfDeploy', 'Deploys a core service on this server'),
  'DELETE /deploy/:deployment': operation('legacySelfUndeploy', 'Ends a core service of a deployment'),
  [`PUT ${list}/push`]: operation('datalistPush', 'Adds a value to the list of a deployment', forDevices),
  [`GET ${list}/get`]: operation('datalistGet', 'Values of the list of a deployment', forDevices),
  [`DELETE ${list}/delete`]: operation('datalistDelete', 'Removes all values of the list of a deployment', { status: 202, ...forDevices }),
  'GET /device/logs': operation('legacyLogs', 'Lines that devices have logged'),
  'POST /device/logs': operation('legacyLog', 'Keeps a line that a device logs: JSON as text in the field logData', forDevices),
  'GET /moduleCards': operation('moduleCards', 'Cards of modules'),
  'POST /moduleCards': operation('addModuleCard', 'Adds the card of a module, in the manner of ODRL'),
  'GET /nodeCards': operation('nodeCards', 'Cards of devices'),
  'POST /nodeCards': operation('addNodeCard', 'Adds the card of a device, in the manner of ODRL'),
  'GET /dataSourceCards': operation('dataSourceCards', 'Cards of sources of data'),
  'POST /dataSourceCards': operation('addDataSourceCard', 'Adds the card of a source of data, in the manner of ODRL'),
  'GET /zoneRiskLevels': operation('zoneRiskLevels', 'Levels of risk that zones take'),
  'POST /zoneRiskLevels': operation('addZoneRiskLevels', 'Says which levels of risk zones take, in the manner of ODRL'),
  'GET /deploymentCertificates': operation('deploymentCertificates', 'What the check of risks has said')
}
