// Rings of hexagonal ice.
import t from 'tap'
import { iceBands, iceShare, iceSpacings, isOnIce } from '../../../../lib/diffraction/analysis/ice.ts'

t.test('the rings are those of the cell of hexagonal ice', async t => {
  const [a, c] = [4.4998, 7.338]
  const spacing = (h: number, k: number, l: number) => 1 / Math.sqrt(4 / 3 * (h * h + h * k + k * k) / (a * a) + l * l / (c * c))
  const lattice = [spacing(1, 0, 0), spacing(0, 0, 2), spacing(1, 0, 1), spacing(1, 0, 2), spacing(1, 1, 0), spacing(1, 0, 3), spacing(2, 0, 0), spacing(1, 1, 2), spacing(2, 0, 1), spacing(2, 0, 2)]
  t.equal(lattice.length, iceSpacings.length)
  for (const [at, d] of iceSpacings.entries()) t.ok(Math.abs(d - lattice[at]!) < 0.0015, `${d} and ${lattice[at]}`)
})

t.test('bands hold their rings and do not touch', async t => {
  for (const [at, [inner, outer]] of iceBands.entries()) {
    t.ok(inner > iceSpacings[at]! && outer < iceSpacings[at]!)
    if (at > 0) t.ok(inner < iceBands[at - 1]![1], `${inner} is beyond the band before`)
  }
})

t.test('the share counts spots on rings among those whose d-spacing is known', async t => {
  t.equal(iceShare([{ d: 3.897 }, { d: 3.66 }, { d: 3 }, { d: 20 }, { d: undefined }]), 0.5)
  t.equal(iceShare([]), 0)
  t.notOk(isOnIce(Infinity))
})
