// The times of a request's services: bars one below the other, and a table with the same numbers.
import { DataTable } from '../../components/data-table.tsx'
import type { Column } from '../../components/data-table.tsx'
import { formatDuration, formatNumber } from '../../lib/texts.ts'
import type { RecentRequest, RecentStep } from './requests.ts'
import { ServiceLink } from './service-link.tsx'
import { texts } from './texts.ts'
import { roleWords, standingWords, StepState } from './words.tsx'

const row = 24
const width = 1000
const names = 260
const shapes = { good: '●', busy: '◐', warning: '▲', bad: '■', off: '○' } as const

/** Bars and table. @param at - the moment that is looked at, in milliseconds after the request came */
export function Waterfall ({ request, at }: { request: RecentRequest, at: number }) {
  const { steps, ms, omittedSteps } = request
  const columns: Array<Column<RecentStep>> = [
    { key: 'service', header: texts.service, cell: step => <ServiceLink name={step.service} />, sortBy: step => step.service },
    { key: 'role', header: texts.role, cell: step => roleWords(step.role), sortBy: step => roleWords(step.role) },
    { key: 'outcome', header: texts.outcome, cell: step => <StepState step={step} />, sortBy: step => step.kind },
    { key: 'start', header: texts.start, cell: step => step.start === undefined ? '–' : milliseconds(step.start), sortBy: step => step.start ?? Infinity, isNumeric: true },
    { key: 'ms', header: texts.took, cell: step => milliseconds(step.ms), sortBy: step => step.ms, isNumeric: true },
    { key: 'tries', header: texts.tries, cell: step => step.cached || step.start === undefined ? '–' : formatNumber(step.attempts ?? 1), sortBy: step => step.attempts ?? 1, isNumeric: true }
  ]
  return (
    <>
      <Bars steps={steps} ms={ms} at={at} />
      <DataTable caption={texts.waterfall} isCaptionHeardOnly columns={columns} rows={steps} rowKey={step => `${step.service} ${step.role}`} />
      {omittedSteps === 0 ? null : <p>{texts.omittedSteps(omittedSteps)}</p>}
    </>
  )
}

function Bars ({ steps, ms, at }: { steps: readonly RecentStep[], ms: number, at: number }) {
  const longest = Math.max(ms, 0.1, ...steps.map(step => (step.start ?? 0) + step.ms))
  const place = (time: number) => names + time / longest * (width - names)
  const height = (steps.length + 1) * row
  return (
    <div class='table-frame' role='region' aria-label={texts.bars} tabIndex={0}>
      <svg class='waterfall' role='img' aria-label={texts.waterfallOf(steps.length, formatDuration(ms))} viewBox={`0 0 ${width} ${height}`}>
        {[0, 0.25, 0.5, 0.75, 1].map(share => (
          <g key={share}>
            <line class='grid' x1={place(share * longest)} x2={place(share * longest)} y1={row - 4} y2={height} />
            <text x={place(share * longest)} y={14} text-anchor={share === 0 ? 'start' : share === 1 ? 'end' : 'middle'}>{milliseconds(share * longest)}</text>
          </g>
        ))}
        {steps.map((step, index) => {
          const { kind } = standingWords(step.kind)
          const y = (index + 1) * row
          return (
            <g key={`${step.service} ${step.role}`} class={`bar bar-${kind}`}>
              <text x={0} y={y + 16}>{shapes[kind]} {step.service.length > 30 ? `${step.service.slice(0, 29)}…` : step.service}</text>
              {step.start === undefined ? null : <rect x={place(step.start)} y={y + 3} width={Math.max(2, place(step.start + step.ms) - place(step.start))} height={row - 6} />}
            </g>
          )
        })}
        <line class='cursor' x1={place(Math.min(at, longest))} x2={place(Math.min(at, longest))} y1={row - 4} y2={height} />
      </svg>
    </div>
  )
}

function milliseconds (value: number): string {
  return `${formatNumber(value, 1)} ms`
}
