// Examples to try at once: a picture drawn here, a chart and a place.
import { readText } from './graphic.ts'
import type { Graphic } from './graphic.ts'

/** Draws a picture of shapes with words on it: what services can find without a photograph. */
export function examplePicture (words: string): Graphic {
  const canvas = document.createElement('canvas')
  canvas.width = 600
  canvas.height = 400
  const context = canvas.getContext('2d')
  if (context !== null) {
    context.fillStyle = 'white'
    context.fillRect(0, 0, 600, 400)
    context.fillStyle = 'black'
    context.font = 'bold 40px sans-serif'
    words.split('\n').forEach((line, index) => context.fillText(line, 40, 90 + 60 * index))
    context.lineWidth = 8
    context.strokeRect(40, 250, 160, 110)
    context.beginPath()
    context.arc(420, 300, 60, 0, 2 * Math.PI)
    context.stroke()
  }
  const address = canvas.toDataURL('image/png')
  return { kind: 'picture', name: words.split('\n')[0] ?? '', address, width: 600, height: 400, bytes: Math.round(address.length * 3 / 4) }
}

/** A chart of temperatures. */
export function exampleChart (title: string, months: readonly string[], unit: string): Graphic {
  return readText(JSON.stringify({
    title: { text: title }, xAxis: { categories: months }, yAxis: { title: { text: unit } }, series: [{ name: title, type: 'line', data: [-9.7, -7.7, -2, 6.4, 13.4, 18.6, 21.2, 20.1, 15.5, 8.5, 2.1, -5.4] }]
  }))
}

/** A place in Montreal. */
export function examplePlace (): Graphic {
  return readText('45.5048, -73.5772')
}
