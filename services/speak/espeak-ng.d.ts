// Types of the npm package espeak-ng, which ships none: an Emscripten build of the espeak-ng command line, run once for each instance.
declare module 'espeak-ng' {
  /** Emscripten's virtual file system, as far as it is used here. */
  interface VirtualFiles {
    writeFile: (path: string, text: string) => void
    readFile: (path: string) => Uint8Array
  }

  /** One run of the command line, and the files that it has left. */
  interface Instance {
    FS: VirtualFiles
  }

  /** Emscripten's module options, as far as they are used here. */
  interface Options {
    /** Arguments of the command line. */
    arguments: string[]
    /** Called before the command line runs. */
    preRun: Array<(instance: Instance) => void>
    /** Where lines of standard output and standard error go. */
    print: (line: string) => void
    printErr: (line: string) => void
    /** Makes the instance from a module that is compiled already; gives an empty object to say that it will. */
    instantiateWasm: (imports: WebAssembly.Imports, done: (instance: WebAssembly.Instance, module: WebAssembly.Module) => void) => object
  }

  /** Runs the command line once; resolves when it has ended. */
  export default function espeak (options: Options): Promise<Instance>
}
