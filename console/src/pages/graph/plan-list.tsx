// A plan as a nested list: stages, what starts together, and services with how they do.
import type { ReadonlySignal } from '@preact/signals'
import { levelsOf } from './drawing.ts'
import { ServiceLink } from './service-link.tsx'
import type { Standing } from './store.ts'
import { texts } from './texts.ts'
import type { Plan } from './topology.ts'
import { LiveState, roleWords } from './words.tsx'

/** The list. @param isBrief - leaves out what a service waits for: the levels say it @param onPoint - told which service has the focus or the pointer, or of an empty name */
export function PlanList ({ plan, standing, isBrief = false, onPoint }: { plan: Plan, standing: (name: string) => ReadonlySignal<Standing>, isBrief?: boolean, onPoint?: (name: string) => void }) {
  return (
    <ol class='plan-list'>
      {levelsOf(plan).map((levels, stage) => (
        <li key={stage}>{texts.stage(stage + 1)}
          <ol>
            {levels.map(({ steps }, level) => (
              <li key={level}>{texts.level(level + 1)}
                <ul class={isBrief ? 'brief' : undefined}>
                  {steps.map(({ service, role, after }) => (
                    <li key={`${service} ${role}`} onFocusIn={() => onPoint?.(service)} onFocusOut={() => onPoint?.('')} onMouseEnter={() => onPoint?.(service)} onMouseLeave={() => onPoint?.('')}>
                      <ServiceLink name={service} /> ({roleWords(role)}{isBrief || after.length === 0 ? '' : `, ${texts.after(after.join(', '))}`}) <LiveState standing={standing(service)} />
                    </li>
                  ))}
                </ul>
              </li>
            ))}
          </ol>
        </li>
      ))}
    </ol>
  )
}
