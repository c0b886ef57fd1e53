// The line-charts preprocessor: takes the lines out of a Highcharts chart and says of each point how it stands among its neighbours.
import { preprocessor, serve } from '../kit/index.ts'
import { readChart } from './highcharts.ts'
import { LineChart, lineChart, lineChartName } from './line-chart.ts'

/** The service: answers requests with `highChartsData` that has at least one line; not applicable to all others. */
export const lineCharts = preprocessor({
  service: 'line-charts',
  name: lineChartName,
  data: LineChart,
  run: async (request) => {
    const chart = readChart(request.highChartsData)
    return chart && lineChart(chart)
  }
})

if (import.meta.main) await serve(lineCharts)
