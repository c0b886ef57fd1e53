// Draws a plan as a flowchart in the language of Mermaid (https://mermaid.js.org/syntax/flowchart.html). Names come from
// labels that anybody may have written, so none of them reaches the text as it is.
import type { Plan, Role, Step } from './plan.ts'

/**
 * Most steps, lines between steps and remarks in a drawing, and most characters of one name and remark with all their codes.
 * Mermaid itself draws no more than 500 lines and 50,000 characters unless it is told otherwise.
 */
const most = { steps: 150, edges: 340, remarks: 20, name: 120, remark: 300 }

/** What a step looks like: a modifier is a box with double sides, a preprocessor a box, a handler a box with round ends. */
const shapes: Record<Role, [open: string, close: string]> = { modifier: ['[[', ']]'], preprocessor: ['[', ']'], handler: ['([', '])'] }

/**
 * Draws what a request of a route leads to: a frame for each stage, a solid line for a result that is needed, a dashed one
 * for a result that can be used, a thick one from stage to stage.
 * @param plan - what to draw
 * @param route - name of the route: letters, digits and _
 */
export function drawPlan (plan: Plan, route: string): string {
  const lines: string[] = []
  const edges: string[] = []
  const ids = new Map<Step, string>()
  let number = 0
  let previous = 'request'

  plan.stages.forEach(({ steps }, index) => {
    const shown = steps.slice(0, Math.max(0, most.steps - ids.size))
    if (shown.length === 0) return
    lines.push(`  subgraph stage${index + 1}["Stage ${index + 1}"]`)
    for (const step of shown) {
      const id = `step${++number}`
      ids.set(step, id)
      const [open, close] = shapes[step.role]
      lines.push(`    ${id}${open}"${escape(step.service.name, most.name)}<br>${step.role}"${close}`)
    }
    lines.push('  end', `  ${previous} ==> stage${index + 1}`)
    previous = `stage${index + 1}`
    for (const step of shown) {
      for (const each of step.after) {
        const before = steps[each]
        const from = before === undefined ? undefined : ids.get(before)
        if (before === undefined || from === undefined) continue
        edges.push(`  ${from} ${step.service.required.includes(before.service.name) ? '-->' : '-.->'} ${ids.get(step)}`)
      }
    }
  })

  const steps = plan.stages.reduce((sum, stage) => sum + stage.steps.length, 0)
  const remarks = plan.remarks.slice(0, most.remarks).map(remark => escape(remark, most.remark))
  const isCut = steps > ids.size || edges.length > most.edges || plan.remarks.length > remarks.length
  if (isCut) remarks.push('This is not all, because the drawing would be too large. The JSON form says more.')
  return [
    'flowchart LR',
    `  accTitle: Plan of the route ${route.replace(/\W/g, '').slice(0, 100)}`,
    `  accDescr: ${steps} calls in ${plan.stages.length} stages`,
    '  request(["request"])',
    ...lines,
    ...edges.slice(0, most.edges),
    `  ${previous} ==> answer(["answer"])`,
    ...remarks.map((remark, index) => `  remark${index + 1}>"${remark}"]`),
    ''
  ].join('\n')
}

/** Text for a label in quotes: everything but plain letters, digits and a few signs is written as a character code. */
function escape (text: string, most: number): string {
  let escaped = ''
  for (const character of text) {
    const next = encode(character)
    if (escaped.length + next.length > most) return `${escaped}${encode('…')}`
    escaped += next
  }
  return escaped
}

function encode (character: string): string {
  if (/^[A-Za-z0-9 _.,/-]$/.test(character)) return character
  // Line ends, marks that turn the direction of writing and halves of characters are no part of a name.
  return `#${/^[\p{C}\p{Z}]$/u.test(character) ? 0xfffd : character.codePointAt(0)};`
}
