// Colours in place of grey. Each palette runs from dark to light.
import type { Colour, Palette } from '../view.ts'

/**
 * Colours at equal distances, between which the others lie. viridis and inferno: S. van der Walt, N. Smith, 2015 (CC0, https://bids.github.io/colormap/). cividis, which looks
 * much the same to people who see no red or no green: J. R. Nuñez, C. R. Anderton, R. S. Renslow, 2018 (https://doi.org/10.1371/journal.pone.0199239).
 */
const stops: Readonly<Record<Palette, readonly number[]>> = {
  grey: [0x000000, 0xffffff],
  viridis: [0x440154, 0x472d7b, 0x3b528b, 0x2c728e, 0x21918c, 0x28ae80, 0x5ec962, 0xaddc30, 0xfde725],
  inferno: [0x000003, 0x1f0c47, 0x550f6d, 0x88216a, 0xba3655, 0xe35832, 0xf98c09, 0xf8c931, 0xfcfea4],
  cividis: [0x00204c, 0x01356e, 0x404c6b, 0x5f636e, 0x7b7b78, 0x9b9377, 0xbcae6e, 0xdfcb5d, 0xffe945],
  heat: [0x000000, 0xff0000, 0xffff00, 0xffffff]
}

/** The colours of a palette for shades from 0 (dark) to 255 (light). */
export function coloursOf (palette: Palette): Colour[] {
  const between = stops[palette]
  return Array.from({ length: 256 }, (_, shade) => {
    const place = shade * (between.length - 1) / 255
    const [from, to] = [between[Math.floor(place)]!, between[Math.ceil(place)]!]
    const part = (shift: number) => {
      const start = from >> shift & 0xff
      return Math.round(start + ((to >> shift & 0xff) - start) * (place - Math.floor(place)))
    }
    return [part(16), part(8), part(0)]
  })
}
