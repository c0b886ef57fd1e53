// The built-in services with the labels that describe them, as a compose file would.

/** One built-in service. */
export interface CatalogueEntry {
  /** Name, also the name of its folder. */
  name: string
  /** Labels without their prefix `ca.mcgill.a11y.image.`. */
  labels: Record<string, string>
}

const seen = 'object-detection,ocr,line-charts'

/** All built-in services. */
export const catalogue: readonly CatalogueEntry[] = [
  { name: 'resize-graphic', labels: { preprocessor: '1', modifyRequest: 'true' } },
  { name: 'object-detection', labels: { preprocessor: '2', cacheTimeout: '3600' } },
  { name: 'ocr', labels: { preprocessor: '2', cacheTimeout: '3600' } },
  { name: 'line-charts', labels: { preprocessor: '2', cacheTimeout: '3600' } },
  { name: 'describe', labels: { handler: 'enable', optional_dependencies: seen } },
  { name: 'speak', labels: { handler: 'enable', optional_dependencies: seen } },
  { name: 'sonify', labels: { handler: 'enable', optional_dependencies: 'line-charts' } },
  { name: 'tactile', labels: { handler: 'enable', optional_dependencies: seen } }
]
