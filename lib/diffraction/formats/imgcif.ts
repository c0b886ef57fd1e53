// The categories of imgCIF that say how a frame was taken: beam, goniometer, scan, and where the detector stood, axis by axis.
// Specified in the imgCIF dictionary (https://www.iucr.org/resources/cif/dictionaries/cif_img) and International Tables for Crystallography G, 3.7 and 4.6.
import type { MetadataItem } from '../metadata.ts'
import { firstValue, rowsWith, valueAt } from './cif.ts'
import type { CifItems } from './cif.ts'
import { beamPosition } from './detector-axes.ts'
import { beamItems, integer, numberIn, positive, real, text } from './items.ts'

/** What the categories say. What they leave out is left out here. */
export function imgCifItems (items: CifItems): Record<string, MetadataItem | undefined> {
  const number = (name: string, row = 0) => numberIn(valueAt(items, name, row))
  const position = beamPosition(items)
  const scan = rotation(items)
  const distance = number('_diffrn_measurement.sample_detector_distance')
  return {
    detector: text(firstValue(items, '_diffrn_detector.type') ?? firstValue(items, '_diffrn_detector.details') ?? firstValue(items, '_diffrn_detector.id')),
    data_collection_date: text(firstValue(items, '_diffrn_scan_frame.date') ?? firstValue(items, '_diffrn_scan.date_start')),
    detector_distance: positive(position?.distance ?? (distance === undefined ? undefined : distance / 1000), 'm'),
    ...beamItems(number('_diffrn_radiation_wavelength.wavelength')),
    beam_center_x: real(position?.x, 'px'),
    beam_center_y: real(position?.y, 'px'),
    x_pixel_size: positive(pixelSize(items, '1'), 'm'),
    y_pixel_size: positive(pixelSize(items, '2'), 'm'),
    rotationRange: real(scan.range, 'deg'),
    startPhi: real(scan.start, 'deg'),
    integrationTime: real(number('_diffrn_scan_frame.integration_time') ?? number('_diffrn_scan.integration_time'), 's'),
    frame_time: positive(number('_diffrn_scan_frame.time_period'), 's'),
    saturation_value: integer(number('_array_intensities.overload'))
  }
}

/** The axis that turns while the frame is taken: where it begins, and how far it turns, in degrees. */
function rotation (items: CifItems): { start?: number | undefined, range?: number | undefined } {
  const names = items.get('_diffrn_scan_axis.axis_id') ?? []
  for (const [row, name] of names.entries()) {
    const at = (column: string) => numberIn(valueAt(items, `_diffrn_scan_axis.${column}`, row))
    const range = at('angle_increment') || at('angle_range')
    if (range === undefined || range === 0) continue
    const [frameRow = -1] = rowsWith(items, '_diffrn_scan_frame_axis.axis_id', name)
    return { start: numberIn(valueAt(items, '_diffrn_scan_frame_axis.angle', frameRow)) ?? at('angle_start'), range }
  }
  return {}
}

/**
 * Size of pixels along rows (precedence 1) or down columns (2), in metres.
 * The elements say it in metres, the axes of the array in millimetres.
 */
function pixelSize (items: CifItems, precedence: '1' | '2'): number | undefined {
  const [row = -1] = rowsWith(items, '_array_structure_list.precedence', precedence)
  const index = valueAt(items, '_array_structure_list.index', row) ?? precedence
  const [sizeRow = -1] = rowsWith(items, '_array_element_size.index', index)
  const size = numberIn(valueAt(items, '_array_element_size.size', sizeRow))
  if (size !== undefined) return size
  const set = valueAt(items, '_array_structure_list.axis_set_id', row)
  const [axisRow = -1] = set === undefined ? [] : rowsWith(items, '_array_structure_list_axis.axis_set_id', set)
  const increment = numberIn(valueAt(items, '_array_structure_list_axis.displacement_increment', axisRow))
  return increment === undefined ? undefined : Math.abs(increment) / 1000
}
