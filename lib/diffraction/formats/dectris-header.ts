// The header that detectors of DECTRIS write as lines of text, "# Key value unit": in miniCBF under `_array_data.header_contents`, in TIFF as the description.
// Specified in "Pilatus CBF Header Specification" of DECTRIS.
import type { MetadataItem } from '../metadata.ts'
import { beamItems, integer, numberIn, positive, real, text } from './items.ts'

/** Metres of units of length. */
const lengths: Readonly<Record<string, number>> = { m: 1, cm: 1e-2, mm: 1e-3, um: 1e-6, nm: 1e-9 }

/** Most lines that are looked at; real headers have some forty. */
const mostLines = 1000

/** Characters of a line that are looked at. */
const longestLine = 500

/** Materials of sensors by the word for them. */
const materials: ReadonlyMap<string, string> = new Map([['silicon', 'Si'], ['cdte', 'CdTe']])

/** Reads the lines of a header. What it leaves out is left out here. */
export function dectrisItems (header: string): Record<string, MetadataItem | undefined> {
  const lines = header.split(/\r\n|\n|\r/, mostLines).map(line => line.slice(0, longestLine).replace(/^\s*#\s*/, '').trim())
  const values = new Map<string, string>()
  for (const line of lines) {
    const [, key = '', value = ''] = /^([A-Za-z]\w*)(?:\s*[:=]\s*|\s+)(.*)$/.exec(line) ?? []
    if (key !== '' && !values.has(key.toLowerCase())) values.set(key.toLowerCase(), value)
  }
  const value = (key: string) => values.get(key)
  const number = (key: string) => numberIn(values.get(key))
  const [detector, serial] = (value('detector') ?? '').split(/,?\s*S\/N:?\s*/i, 2)
  const [pixelWidth, pixelHeight = pixelWidth] = (value('pixel_size') ?? '').split(/\s+x\s+/, 2).map(metres)
  const [, beamX, beamY] = /^\(\s*([^,\s]+)\s*,\s*([^)\s]+)\s*\)/.exec(value('beam_xy') ?? '') ?? []
  const [, sensor] = /^([A-Za-z]+) sensor\b/m.exec(lines.join('\n')) ?? []
  const [, thickness] = /^[A-Za-z]+ sensor, thickness\s+(\S+\s*\S*)/m.exec(lines.join('\n')) ?? []
  return {
    detector: text(detector),
    detector_number: text(serial),
    data_collection_date: text(lines.find(line => /^\d{4}[-/]/.test(line))),
    detector_distance: positive(metres(value('detector_distance')), 'm'),
    ...beamItems(number('wavelength')),
    beam_center_x: real(numberIn(beamX), 'px'),
    beam_center_y: real(numberIn(beamY), 'px'),
    x_pixel_size: positive(pixelWidth, 'm'),
    y_pixel_size: positive(pixelHeight, 'm'),
    rotationRange: real(number('angle_increment'), 'deg'),
    startPhi: real(number('start_angle'), 'deg'),
    integrationTime: real(number('exposure_time'), 's'),
    frame_time: positive(number('exposure_period'), 's'),
    threshold_energy: positive(number('threshold_setting'), 'eV'),
    saturation_value: integer(number('count_cutoff')),
    number_of_excluded_pixels: integer(number('n_excluded_pixels')),
    sensor_material: text(sensor === undefined ? undefined : materials.get(sensor.toLowerCase()) ?? sensor),
    sensor_thickness: positive(metres(thickness), 'm'),
    phi: real(number('phi'), 'deg'),
    chi: real(number('chi'), 'deg'),
    kappa: real(number('kappa'), 'deg'),
    omega: real(number('omega'), 'deg'),
    two_theta: real(number('detector_2theta'), 'deg')
  }
}

/** A length in metres, by the unit after the number; metres where there is none. */
function metres (value: string | undefined): number | undefined {
  const number = numberIn(value)
  const [, unit = 'm'] = /^\s*[-+.\deE]+\s*([a-z]+)/.exec(value?.slice(0, 100) ?? '') ?? []
  const length = lengths[unit]
  return number === undefined || length === undefined || length === 1 ? number : number * length
}
