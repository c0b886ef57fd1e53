// Writes SVG elements and documents with everything escaped.
import { Buffer } from 'node:buffer'

/** Values of attributes by name; those that are undefined are left out. */
export type Attributes = Record<string, string | number | undefined>

/** What a drawing is, in words and in size. */
export interface SvgOptions {
  /** Width of the drawing in pins. */
  width: number
  /** Height of the drawing in pins. */
  height: number
  /** Distance between the middles of two pins, in millimetres; it gives the drawing its size on paper. */
  pitch: number
  /** What is drawn, in a few words. */
  title: string
  /** What is drawn and how to read it. */
  description: string
  /** Language of title, description and labels. */
  language: 'en' | 'fr'
}

const entities = new Map([['&', '&amp;'], ['<', '&lt;'], ['>', '&gt;'], ['"', '&quot;'], ['\'', '&#39;']])

/** Gives text that can stand in XML, within elements and attributes; characters that XML 1.0 forbids become spaces, halves of characters U+FFFD. */
export function escapeXml (text: string): string {
  return text.toWellFormed()
    // Everything outside Char (https://www.w3.org/TR/xml/#charsets); what is well formed has no surrogates left.
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, ' ')
    .replace(/[&<>"']/g, (character) => entities.get(character) ?? '')
}

/** Gives a number as SVG takes it, with two decimals at most: a fortieth of a millimetre. */
export function round (value: number): number {
  return Math.round(value * 100) / 100
}

/** Writes one element. Attribute values are escaped and numbers rounded; the content is taken as it is. */
export function element (name: string, attributes: Attributes, content = ''): string {
  const written = Object.entries(attributes)
    .map(([key, value]) => value === undefined ? '' : ` ${key}="${typeof value === 'number' ? round(value) : escapeXml(value)}"`)
    .join('')
  return content === '' ? `<${name}${written}/>` : `<${name}${written}>${content}</${name}>`
}

/**
 * Writes a whole SVG document. One unit of its coordinates is one pin; its size in millimetres is what makes braille in it the right size on paper.
 * Roles are those of the WAI-ARIA Graphics Module (https://www.w3.org/TR/graphics-aria-1.0/).
 */
export function svgDocument ({ width, height, pitch, title, description, language }: SvgOptions, content: string): string {
  return element('svg', {
    xmlns: 'http://www.w3.org/2000/svg',
    viewBox: `0 0 ${round(width)} ${round(height)}`,
    width: `${round(width * pitch)}mm`,
    height: `${round(height * pitch)}mm`,
    'xml:lang': language,
    role: 'graphics-document document',
    'aria-label': title,
    fill: 'none',
    stroke: '#000',
    'stroke-linecap': 'round',
    'stroke-linejoin': 'round'
  }, element('title', {}, escapeXml(title) || ' ') + element('desc', {}, escapeXml(description) || ' ') + content)
}

/** Gives an SVG document as a data URL. */
export function svgDataUrl (svg: string): string {
  return `data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}`
}
