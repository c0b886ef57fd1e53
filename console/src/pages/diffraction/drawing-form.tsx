// The form in which one says how a frame is drawn.
import { Select, Toggle } from '../../components/field.tsx'
import { levelChoices, maskColours, palettes, scales } from './drawing.ts'
import type { Drawing, Levels } from './drawing.ts'
import { NumberField } from './number-field.tsx'
import { texts } from './texts.ts'

const levelNames = { automatic: () => texts.levelsAutomatic, percentiles: () => texts.levelsPercentiles, manual: () => texts.levelsManual }
const scaleNames = { linear: () => texts.scaleLinear, sqrt: () => texts.scaleSqrt, log: () => texts.scaleLog }
const paletteNames = { grey: () => texts.paletteGrey, viridis: () => texts.paletteViridis, inferno: () => texts.paletteInferno, cividis: () => texts.paletteCividis, heat: () => texts.paletteHeat }
const maskNames = { '': () => texts.maskNone, '000000': () => texts.black, ffffff: () => texts.white, '1f6feb': () => texts.blue, '2da44e': () => texts.green, ffd24d: () => texts.yellow, c23ad0: () => texts.purple }

function choicesOf<Value extends string> (values: readonly Value[], names: Record<Value, () => string>) {
  return values.map(value => ({ value, label: names[value]() }))
}

/** The form. @param levels - that were found for this frame, where they are not given by hand @param hasSpots - whether spots are marked */
export function DrawingForm ({ drawing, levels, onChange, hasSpots, onSpots }: { drawing: Drawing, levels: Levels | undefined, onChange: (drawing: Drawing) => void, hasSpots: boolean, onSpots: (hasSpots: boolean) => void }) {
  const isManual = drawing.levels === 'manual'
  const { black, white } = isManual ? drawing : levels ?? drawing
  const change = (part: Partial<Drawing>) => onChange({ ...drawing, ...part })
  const level = (name: 'white' | 'black', value: number) => (
    <NumberField label={name === 'white' ? texts.whiteAt : texts.blackAt} min={0} step='any' isDisabled={!isManual} value={Math.round(value)} onChange={value => change({ [name]: value })} />
  )
  return (
    <form aria-label={texts.drawing} onSubmit={event => event.preventDefault()}>
      <fieldset>
        <legend>{texts.contrast}</legend>
        <div class='field-row'>
          <Select label={texts.levels} value={drawing.levels} options={choicesOf(levelChoices, levelNames)} onChange={value => change({ levels: value as Drawing['levels'], black: Math.round(black), white: Math.round(white) })} />
          {level('white', white)}
          {level('black', black)}
          <Select label={texts.scale} value={drawing.scale} options={choicesOf(scales, scaleNames)} onChange={value => change({ scale: value as Drawing['scale'] })} />
          <Select label={texts.palette} value={drawing.palette} options={choicesOf(palettes, paletteNames)} onChange={value => change({ palette: value as Drawing['palette'] })} />
          <Select label={texts.mask} value={drawing.mask} options={choicesOf(maskColours, maskNames)} onChange={value => change({ mask: value as Drawing['mask'] })} />
        </div>
        <Toggle label={texts.invert} isOn={drawing.invert} onChange={invert => change({ invert })} />
      </fieldset>
      <fieldset>
        <legend>{texts.drawnOver}</legend>
        <div class='field-row'>
          <Toggle label={texts.rings} isOn={drawing.rings} onChange={rings => change({ rings })} />
          <Toggle label={texts.ice} isOn={drawing.ice} onChange={ice => change({ ice })} />
          <Toggle label={texts.beam} isOn={drawing.beam} onChange={beam => change({ beam })} />
          <Toggle label={texts.markSpots} isOn={hasSpots} onChange={onSpots} />
        </div>
      </fieldset>
    </form>
  )
}
