// Where the metadata lie in HDF5 files of detectors: those of DECTRIS (https://media.dectris.com/220203-DECTRIS_SIMPLON_API_Manual_1.8.0.pdf, "master files") and those that
// follow NXmx (https://manual.nexusformat.org/classes/applications/NXmx.html). Names are those of the LS-CAT image server: mostly the last part of the path.
import { DiffractionError } from '../diffraction-error.ts'
import type { Metadata, MetadataItem, MetadataValue } from '../metadata.ts'
import type { Hdf5File, Values } from './hdf5-library.ts'

/** Units that items are given in, with the factors that other units are brought to them by. A unit that is not here is taken for the one that it should be. */
const units = {
  m: { m: 1, metre: 1, meter: 1, cm: 1e-2, mm: 1e-3, um: 1e-6, µm: 1e-6, μm: 1e-6, micron: 1e-6, microns: 1e-6, nm: 1e-9 },
  s: { s: 1, second: 1, seconds: 1, ms: 1e-3, us: 1e-6, µs: 1e-6, μs: 1e-6, ns: 1e-9 },
  eV: { eV: 1, keV: 1e3 },
  Ao: { Ao: 1, angstrom: 1, Angstrom: 1, Å: 1, A: 1, nm: 10, pm: 1e-2, m: 1e10 },
  deg: { deg: 1, degree: 1, degrees: 1, rad: 180 / Math.PI, radian: 180 / Math.PI, mrad: 0.18 / Math.PI },
  px: { px: 1 }
} as const satisfies Record<string, Record<string, number>>

type Unit = keyof typeof units

/** One item: the last part of its path, what it is called where that is something else, and its unit. */
interface Item { readonly at: string, readonly name?: string, readonly unit?: Unit }

/** Items by the group that they are in. */
type Table = Readonly<Record<string, readonly (Item | string)[]>>

/** Group of the detector. */
export const detector = '/entry/instrument/detector'

/** Group of what only detectors of DECTRIS have. */
export const specific = `${detector}/detectorSpecific`

const goniometer = '/entry/sample/goniometer'

/** Items that are looked for in every file. */
const common: Table = {
  [specific]: [
    'software_version', 'auto_summation', 'data_collection_date', 'element', { at: 'frame_count_time', unit: 's' }, { at: 'frame_period', unit: 's' }, 'nimages', 'ntrigger',
    'number_of_excluded_pixels', { at: 'photon_energy', unit: 'eV' }, 'trigger_mode', { at: 'x_pixels_in_detector', unit: 'px' }, { at: 'y_pixels_in_detector', unit: 'px' }
  ],
  [detector]: [
    { at: 'beam_center_x', unit: 'px' }, { at: 'beam_center_y', unit: 'px' }, 'bit_depth_readout', 'bit_depth_image', { at: 'count_time', unit: 's' }, 'description',
    { at: 'detector_distance', unit: 'm' }, 'detector_number', { at: 'detector_readout_time', unit: 's' }, 'flatfield_correction_applied', { at: 'frame_time', unit: 's' },
    'pixel_mask_applied', 'sensor_material', { at: 'sensor_thickness', unit: 'm' }, { at: 'threshold_energy', unit: 'eV' }, 'virtual_pixel_correction_applied',
    { at: 'x_pixel_size', unit: 'm' }, { at: 'y_pixel_size', unit: 'm' }
  ],
  [`${detector}/geometry/orientation`]: [{ at: 'value', name: 'detector_orientation' }],
  [`${detector}/geometry/translation`]: [{ at: 'distances', name: 'detector_translation', unit: 'm' }],
  '/entry/instrument/beam': [{ at: 'incident_wavelength', name: 'wavelength', unit: 'Ao' }]
}

const degrees = (...names: readonly string[]): Item[] => names.map(at => ({ at, unit: 'deg' }))

/** Items of detectors whose software is 1.6.0. */
const first: Table = {
  [specific]: ['calibration_type', 'countrate_correction_bunch_mode', { at: 'detector_readout_period', unit: 's' }, 'nframes_sum', 'summation_nimages'],
  [detector]: ['efficiency_correction_applied'],
  [goniometer]: degrees(...['chi', 'kappa', 'omega', 'phi'].flatMap(axis => [`${axis}_increment`, `${axis}_start`])),
  [`${detector}/goniometer`]: degrees('two_theta_increment', 'two_theta_start')
}

const turns = (axis: string) => degrees(axis, `${axis}_end`, `${axis}_range_average`, `${axis}_range_total`)

/** Items of all others. */
const second: Table = {
  '/entry': ['definition'],
  [specific]: [{ at: 'countrate_correction_lookup_table', name: 'countrate_correction_lookuptable' }, 'countrate_correction_table'],
  [detector]: ['type', { at: 'distance', unit: 'm' }, 'saturation_value'],
  [`${detector}/transformations`]: [{ at: 'translation', unit: 'm' }],
  [`${detector}/goniometer`]: turns('two_theta'),
  [goniometer]: ['omega', 'chi', 'phi'].flatMap(turns),
  [`${detector}/module`]: [
    { at: 'data_origin', unit: 'px' }, { at: 'data_size', unit: 'px' }, { at: 'fast_pixel_direction', unit: 'm' }, 'module_index', { at: 'module_offset', unit: 'm' },
    { at: 'slow_pixel_direction', unit: 'm' }
  ]
}

/** Where files that are not of DECTRIS have what the tables above did not find. The first that is there counts. */
const elsewhere: readonly (Item & { readonly group: string })[] = [
  { name: 'detector_distance', group: detector, at: 'distance', unit: 'm' },
  ...['det_z', 'detector_z', 'translation', 'distance'].map(at => ({ name: 'detector_distance', group: `${detector}/transformations`, at, unit: 'm' as const })),
  { name: 'wavelength', group: '/entry/sample/beam', at: 'incident_wavelength', unit: 'Ao' },
  { name: 'wavelength', group: '/entry/instrument/beam', at: 'wavelength', unit: 'Ao' },
  { name: 'photon_energy', group: '/entry/instrument/beam', at: 'incident_energy', unit: 'eV' },
  ...['omega', 'chi', 'phi', 'kappa'].map(at => ({ name: at, group: '/entry/sample/transformations', at, unit: 'deg' as const })),
  { name: 'data_collection_date', group: '/entry', at: 'start_time' }
]

/** Most elements of an item: tables of detectors and angles of long series have some ten thousands. */
const most = 200000

/** Reads all metadata that a file has. What cannot be read is left out: there can be a picture without it. */
export function readMetadata (file: Hdf5File): Metadata {
  const names = new Map<string, ReadonlySet<string>>()
  const namesIn = (group: string): ReadonlySet<string> => {
    let found = names.get(group)
    if (found === undefined) names.set(group, found = new Set(file.kindOf(group) === 'group' ? file.namesIn(group) : []))
    return found
  }
  // Files of DECTRIS always have the units that are wanted here.
  const isOfDectris = namesIn(detector).has('detectorSpecific')
  const items: Record<string, MetadataItem> = Object.assign(Object.create(null), {})
  const read = (group: string, { at, name = at, unit }: Item): void => {
    const path = `${group}/${at}`
    try {
      if (Object.hasOwn(items, name) || !namesIn(group).has(at)) return
      const values = file.valuesOf(path, most)
      if (values === undefined || values.values.length === 0) return
      const item = itemOf(values, unit, isOfDectris || unit === undefined || unit === 'px' ? undefined : file.attributeOf(path, 'units'))
      // What is no number says nothing.
      if (!Number.isNaN(item.value)) items[name] = item
    } catch (error) {
      if (!(error instanceof DiffractionError)) throw error
    }
  }
  const readTable = (table: Table): void => {
    for (const [group, listed] of Object.entries(table)) for (const item of listed) read(group, typeof item === 'string' ? { at: item } : item)
  }

  readTable(common)
  readTable(items.software_version?.value === '1.6.0' ? first : second)
  if (!isOfDectris) for (const { group, ...item } of elsewhere) read(group, item)
  return items
}

/** Makes an item of values, in the unit that it should be in. */
function itemOf ({ kind, shape, values }: Values, unit: Unit | undefined, inUnit: Values | undefined): MetadataItem {
  const factors: Readonly<Record<string, number>> = unit === undefined ? {} : units[unit]
  const given = inUnit?.values[0]
  const factor = typeof given === 'string' && Object.hasOwn(factors, given) ? factors[given] as number : 1
  const scaled = factor === 1 ? values : values.map(value => typeof value === 'number' ? value * factor : value)
  const value = scaled.length === 1 ? scaled[0] as MetadataValue : nested(scaled, shape)
  return { kind: kind === 'integer' && factor !== 1 ? 'real' : kind, value, ...unit !== undefined && kind !== 'string' && { unit } }
}

/** Puts a list of values into lists of lists, as the dimensions of their array say. */
function nested (values: readonly MetadataValue[], shape: readonly number[]): readonly MetadataValue[] {
  let lists = values
  for (const length of shape.slice(1).reverse()) {
    lists = Array.from({ length: Math.floor(lists.length / length) }, (_, i) => lists.slice(i * length, (i + 1) * length))
  }
  return lists
}
