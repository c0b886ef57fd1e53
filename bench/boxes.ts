// Messages of a processor as the benchmark sends them.

/** What a message is to be like. */
export interface BoxesForm {
  /** Its length, within a box or so. */
  bytes: number
  /** Numbers of tracked objects that its first boxes are said to show. */
  objects?: number[] | undefined
}

/** A message with bounding boxes, with numbers spelled as Python spells them, always the same for the same form. */
export function boxesText ({ bytes, objects = [] }: BoxesForm): string {
  const open = '{"type":"boundingBoxes","frameId":1620000000.25,"boxes":['
  const boxes: string[] = []
  let length = open.length + 2
  for (let number = 0; number === 0 || length < bytes; number++) {
    const at = (number * 37) % 80 / 100
    const object = objects[number]
    const box = `{"boxId":${number},"rect":[${at},0.3017578125,${(at + 0.1).toFixed(4)},0.5302734375],"objectType":"person","certainty":0.9382${number % 10}${object === undefined ? '' : `,"objectId":${object}`}}`
    boxes.push(box)
    length += box.length + 1
  }
  return `${open}${boxes.join()}]}`
}
