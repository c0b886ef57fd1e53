// Bounds of what may be asked for.
import { DiffractionError } from '../diffraction-error.ts'

/**
 * Checks that a number is whole and within its bounds.
 * @param name - how the request calls it
 * @throws DiffractionError REQUEST
 */
export function checkWhole (name: string, value: number, smallest: number, largest: number): void {
  if (!Number.isInteger(value) || value < smallest || value > largest) {
    throw new DiffractionError('REQUEST', `${name} must be a whole number from ${smallest} to ${largest}.`)
  }
}
