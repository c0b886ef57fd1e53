import fc from 'fast-check'
import t from 'tap'
import { afterProbe, pace, unheard, withEntry } from '../../../../lib/devices/health/states.ts'
import type { Health, ProbeResult } from '../../../../lib/devices/health/states.ts'

const fresh: Health = { state: 'suspect', reason: 'new', since: 0, lastSeen: undefined, okChecks: 0, failedChecks: 0, health: undefined, deployments: undefined, sessions: 0 }
const good: ProbeResult = { isGood: true, report: { cpuUsage: 1 }, deployments: undefined, hasForgotten: false }
const bad: ProbeResult = { isGood: false, reason: 'It does not answer.' }
const after = (before: Health, results: readonly ProbeResult[], threshold = 3) => results.reduce((health, result, index) => afterProbe(health, result, { threshold, now: index + 1 }), before)

t.test('a new device is online after one good probe', t => {
  t.match(after(fresh, [good]), { state: 'online', reason: undefined, since: 1, lastSeen: 1, okChecks: 1, failedChecks: 0, sessions: 1, health: { report: { cpuUsage: 1 }, time: 1 } })
  t.end()
})

t.test('a device that does not answer is suspect at once, and offline after as many probes as are set', t => {
  t.match(after(fresh, [good, bad]), { state: 'suspect', reason: 'It does not answer.', since: 2, lastSeen: 1, failedChecks: 1 })
  t.match(after(fresh, [good, bad, bad]), { state: 'suspect', since: 2, failedChecks: 2 })
  t.match(after(fresh, [good, bad, bad, bad]), { state: 'offline', since: 4, failedChecks: 3, sessions: 1 })
  t.match(after(fresh, [good, bad], 1), { state: 'offline' })
  t.end()
})

t.test('a suspect device is back with one good probe and has not been away; one that was offline needs two, and has', t => {
  t.match(after(fresh, [good, bad, good]), { state: 'online', sessions: 1, failedChecks: 0 })
  t.match(after(fresh, [good, bad, bad, bad, good]), { state: 'offline', okChecks: 1, sessions: 1 })
  t.match(after(fresh, [good, bad, bad, bad, good, good]), { state: 'online', sessions: 2 })
  t.match(after(fresh, [good, bad, bad, bad, good, bad, good]), { state: 'offline', sessions: 1 }, 'two in a row')
  t.end()
})

t.test('a device that has forgotten this server has begun anew', t => {
  t.match(after(fresh, [good, { ...good, hasForgotten: true }]), { state: 'online', sessions: 2 })
  t.end()
})

t.test('what a device said last of its deployments stands until it says otherwise', t => {
  const holding = after(fresh, [{ ...good, deployments: ['a'] }, good])
  t.strictSame(holding.deployments, ['a'])
  t.end()
})

t.test('a device of which nothing was heard is suspect, and has not failed', t => {
  t.match(unheard(after(fresh, [good]), 9), { state: 'suspect', since: 9, failedChecks: 0 })
  t.end()
})

t.test('a probe for which this server had no time makes a device suspect, and counts for nothing', t => {
  const doubtful: ProbeResult = { ...bad, isDoubtful: true }
  t.match(after(fresh, [good, doubtful]), { state: 'suspect', failedChecks: 0 })
  t.match(after(fresh, [good, bad, doubtful, doubtful, bad]), { state: 'suspect', failedChecks: 2 })
  t.match(after(fresh, [good, bad, bad, bad, doubtful]), { state: 'offline', failedChecks: 3 })
  t.match(after(fresh, [good, doubtful, good]), { state: 'online', sessions: 1 })
  t.end()
})

t.test('a status log keeps its newest hundred', t => {
  let log = withEntry([], { status: 'online', time: 0, reason: undefined })
  for (let time = 1; time <= 150; time++) log = withEntry(log, { status: 'offline', time, reason: 'x' })
  t.equal(log.length, 100)
  t.equal(log[0]?.time, 150)
  t.end()
})

t.test('whatever happens, states follow from the last probes', t => {
  fc.assert(fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 40 }), fc.integer({ min: 1, max: 6 }), (answers, threshold) => {
    const { state, failedChecks, okChecks, sessions } = after(fresh, answers.map(each => each ? good : bad), threshold)
    const last = answers.at(-1) === true
    const run = answers.length - 1 - answers.lastIndexOf(!last)
    if (last) return okChecks === run && failedChecks === 0 && sessions <= answers.filter(Boolean).length && (run >= 2 ? state === 'online' : state !== 'suspect')
    return failedChecks === run && okChecks === 0 && (run >= threshold ? state === 'offline' : state !== 'online')
  }))
  t.end()
})

t.test('F28: a device that is lost is offline by threshold times the interval, though each probe runs into its time', t => {
  for (const { interval, threshold, timeout } of [{ interval: 15_000, threshold: 5, timeout: 5000 }, { interval: 15_000, threshold: 2, timeout: 5000 }, { interval: 1000, threshold: 3, timeout: 900 }]) {
    for (const random of [0, 0.5, 1]) {
      // It is lost right after a good probe began.
      let health = after(fresh, [good])
      let time = pace(health, { interval, threshold, timeout, random })
      for (;;) {
        health = afterProbe(health, bad, { threshold, now: time })
        if (health.state === 'offline') break
        time += pace(health, { interval, threshold, timeout, random })
      }
      t.ok(time + timeout <= threshold * interval, `${threshold} x ${interval} ms: ${time + timeout} ms`)
    }
  }
  t.end()
})
