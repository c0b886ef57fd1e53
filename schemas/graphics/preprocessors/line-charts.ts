// The data of the line chart preprocessor: the points of a line, each with how it stands among its neighbours.
import { Type } from '@sinclair/typebox'
import type { Static } from '@sinclair/typebox'
import { DIALECT, SCHEMA_BASE } from '../definitions.ts'

const point = Type.Object({
  x: Type.Number({ description: 'Horizontal value, in the unit of the axis; milliseconds since 1970 on an axis of dates.' }),
  y: Type.Number({ description: 'Vertical value, in the unit of the axis.' }),
  lowerPointsOnLeft: Type.Number({ description: 'How many points in a row to the left are lower than this one.' }),
  higherPointsOnLeft: Type.Number({ description: 'How many points in a row to the left are higher than this one.' }),
  lowerPointsOnRight: Type.Number({ description: 'How many points in a row to the right are lower than this one.' }),
  higherPointsOnRight: Type.Number({ description: 'How many points in a row to the right are higher than this one.' })
}, { description: 'One point of the line. What the chart says of it besides travels along as further members.' })

/** One point of a line; members beyond those of the schema are kept as the chart gave them. */
export const LinePoint = Type.Unsafe<Static<typeof point> & Record<string, unknown>>(point)

/** One point of a line; members beyond those of the schema are there as `unknown`. */
export type LinePoint = Static<typeof LinePoint>

/** The data of `ca.mcgill.a11y.image.preprocessor.lineChart`. */
export const LineCharts = Type.Object({
  dataPoints: Type.Array(LinePoint, { description: 'The points, from left to right.' })
}, {
  $schema: DIALECT,
  $id: `${SCHEMA_BASE}preprocessors/line-charts.schema.json`,
  description: 'The points of a line and how each stands among its neighbours.'
})

/** The points of a line and how each stands among its neighbours. */
export type LineCharts = Static<typeof LineCharts>
