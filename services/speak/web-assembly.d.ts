// The part of the WebAssembly interface that this service uses (W3C, "WebAssembly JavaScript Interface"): TypeScript has its types in the library for browsers only.
declare namespace WebAssembly {
  interface Module {}
  interface Instance { readonly exports: Record<string, unknown> }
  type Imports = Record<string, Record<string, unknown>>
  function compile (bytes: NodeJS.BufferSource): Promise<Module>
  function instantiate (module: Module, imports?: Imports): Promise<Instance>
}
