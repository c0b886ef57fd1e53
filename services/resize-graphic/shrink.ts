// Makes a picture smaller and encodes it again, in the format that suits it.
import type { Picture } from '../kit/picture.ts'

/** A picture made smaller. */
export interface Smaller {
  /** The picture as a base64 data URL. */
  graphic: string
  /** Its width and height in pixels. */
  dimensions: [number, number]
}

/**
 * Scales a picture down until its longest side is `maxDimension` pixels. Upright, sRGB, first frame only, without metadata.
 * Gives undefined when the picture turns out to be damaged or takes too long to decode.
 */
export async function shrink (picture: Picture, maxDimension: number): Promise<Smaller | undefined> {
  const format = targetFormat(picture)
  const scaled = picture.decode().resize(maxDimension, maxDimension, { fit: 'inside', withoutEnlargement: true })
  const encoded = format === 'jpeg' ? scaled.jpeg({ quality: 90 }) : scaled.png()
  try {
    const { data, info } = await encoded.toBuffer({ resolveWithObject: true })
    return { graphic: `data:image/${format};base64,${data.toString('base64')}`, dimensions: [info.width, info.height] }
  } catch {
    return undefined
  }
}

/** JPEG stays JPEG and PNG stays PNG. WebP and AVIF without transparency are nearly always photographs, which PNG would bloat; all else becomes PNG. */
function targetFormat ({ format, hasAlpha }: Picture): 'jpeg' | 'png' {
  if (format === 'jpeg') return 'jpeg'
  return (format === 'webp' || format === 'avif') && !hasAlpha ? 'jpeg' : 'png'
}
