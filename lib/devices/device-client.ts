// Talking to devices over HTTP: what is asked of them, whoever asks. Every call is bounded in time and bytes, follows no redirects, and connects to allowed addresses only.
import type { DeviceAnswer, NodeDocument } from './deployment.ts'
import type { DeviceDescription, DeviceEndpoint, HealthReport } from './device.ts'
import type { Id } from './id.ts'

/** A file for a device. */
export interface DevicePart { readonly name: string, readonly filename: string, readonly mediaType: string, readonly open: () => AsyncIterable<Uint8Array>, readonly size: number }

/** What a device is sent when it is to run something, or to show what came of it. */
export interface DeviceRequest {
  /** `http://address:port/path?query`. */
  readonly url: string
  readonly method: string
  readonly parts?: readonly DevicePart[] | undefined
}

/** What it says, as it comes. */
export interface DeviceReply { readonly status: number, readonly mediaType: string, readonly body: AsyncIterable<Uint8Array> & { destroy (): void } }

/** Talks to devices. All addresses of an endpoint are tried in their order, the one that answered last first. @throws DevicesError DEVICE_FAILED, TIMEOUT, ADDRESS_REFUSED, TOO_LARGE, CANCELLED */
export interface DeviceClient {
  /** GET /.well-known/wasmiot-device-description. */
  describe (endpoint: DeviceEndpoint, signal?: AbortSignal): Promise<DeviceDescription>
  /** GET /health. `isRegistered` is false where the device asks to be told the orchestrator's address (`Custom-Orchestrator-Set` is not `true`). `deployments` where it tells which it holds. `address`: which of its addresses answered. */
  health (endpoint: DeviceEndpoint, signal?: AbortSignal): Promise<{ report: HealthReport, isRegistered: boolean, deployments: readonly Id[] | undefined, address?: string | undefined }>
  /** POST /register with the orchestrator's own address. */
  register (endpoint: DeviceEndpoint, url: string, signal?: AbortSignal): Promise<void>
  /** POST /deploy. Any status is an answer; only no answer is an error. */
  deploy (endpoint: DeviceEndpoint, document: NodeDocument, signal?: AbortSignal): Promise<DeviceAnswer>
  /** DELETE /deploy/:id. A device that does not know it, or has no such route, has forgotten it. */
  undeploy (endpoint: DeviceEndpoint, deployment: Id, signal?: AbortSignal): Promise<DeviceAnswer>
  /** Anything else, by URL. Whoever asks reads the body to its end, or destroys it. */
  send (request: DeviceRequest, signal?: AbortSignal): Promise<DeviceReply>
  close (): Promise<void>
}
