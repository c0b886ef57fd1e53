// What is painted on.

/** A picture: bytes from 0 to 255, row by row, one for each pixel where it is grey, else red, green and blue. */
export interface Canvas {
  readonly width: number
  readonly height: number
  readonly channels: 1 | 3
  readonly pixels: Uint8Array<ArrayBuffer>
}
