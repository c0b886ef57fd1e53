// Keys that try to reach Object.prototype, through every body that devices and people send: nothing is polluted, nothing crashes.
import t from 'tap'
import { cleanliness, planted } from '../../faults/pollution.ts'
import { add1, add1Functions, buildDevices } from '../../devices-server.ts'

// Several servers, each with threads of its own, on a machine that may have much else to do.
t.setTimeout(120_000)

t.test('prototype pollution', async t => {
  const server = await buildDevices(t)
  const stayClean = cleanliness(t)
  const id = await server.upload()
  const step = { device: null, module: id, func: 'add1' }

  t.test('through JSON', async t => {
    for (const [path, method, document] of [
      ['/file/device/discovery/register', 'POST', { name: 'pi', addresses: ['127.0.0.1'], port: 1, properties: { tls: '0' } }],
      ['/file/manifest', 'POST', { name: 'x', sequence: [step] }],
      [`/file/module/${id}/upload`, 'POST', { functions: add1Functions }],
      ['/execute/x', 'POST', { param0: '1' }],
      ['/deploy', 'POST', { deploymentId: id, instructions: { modules: {} } }],
      ['/moduleCards', 'POST', { permission: [{ target: id, action: 'x', constraint: [{ leftOperand: 'risk-level', rightOperand: 'low' }] }] }],
      ['/zoneRiskLevels', 'POST', { permission: [{ target: 'low', constraint: [{ leftOperand: 'zone', rightOperand: 'hall' }] }] }],
      ['/api/v1/deployments/plan', 'POST', { name: 'x', sequence: [{ module: id, func: 'add1', labels: { zone: 'hall' } }] }],
      ['/api/v1/zones', 'PUT', { hall: ['low'] }],
      [`/api/v1/modules/${id}/description`, 'PUT', { functions: add1Functions }],
      ['/api/v1/device-tokens', 'POST', { name: 'x' }],
      ['/device/logs', 'POST', { logData: '{}' }]
    ] as const) {
      for (const { text, isForbidden } of planted(document)) {
        const { status } = await server.send(path, { method, body: text, headers: { 'content-type': 'application/json' } })
        stayClean(text)
        if (status >= 500 || (isForbidden && status < 400)) t.fail(`answered ${status}`, { path, text })
      }
      t.pass(path)
    }
  })
  t.test('through lines of logs', async t => {
    for (const { text, isForbidden } of planted({ message: 'x', deep: { deeper: {} } })) {
      const { status } = await server.post('/device/logs', { logData: text })
      stayClean(text)
      if (status >= 500 || (isForbidden && status < 400)) t.fail(`answered ${status}`, { text })
    }
    t.equal((await server.send('/device/logs')).status, 200)
  })
  t.test('through names of fields', async t => {
    for (const name of ['__proto__', '__proto__[polluted]', 'constructor[prototype][polluted]', 'add1[__proto__][polluted]', 'add1[mounts][__proto__][name]', 'constructor', 'toString', '[__proto__]', 'a[b][c][d][e][f][g][h]']) {
      for (const path of [`/file/module/${id}/upload`, '/execute/x', '/device/logs', '/file/module']) {
        const asForm = await server.form(path, { [name]: 'yes', 'add1[method]': 'GET' })
        const asText = await server.send(path, { method: 'POST', body: new URLSearchParams({ [name]: 'yes' }) })
        stayClean(name)
        for (const { status } of [asForm, asText]) if (status >= 500) t.fail(`answered ${status}`, { path, name })
      }
    }
    t.pass('nothing is polluted')
  })
  t.test('through names of files and mounts', async t => {
    for (const name of ['__proto__', 'constructor', 'prototype']) {
      const functions = JSON.stringify({ add1: { ...add1Functions.add1, mounts: [{ name, stage: 'deployment' }] } })
      const { status } = await server.form(`/file/module/${id}/upload`, { functions, [name]: new Blob(['x']) })
      t.ok(status < 500, name)
      t.not((await server.send(`/file/module/${id}/${name}x`)).status, 200)
      await server.form('/file/module', { name, module: new Blob([add1], { type: 'application/wasm' }) })
      for (const path of [`/file/module/${name}`, `/file/manifest/${name}`, `/api/v1/modules/${name}`]) t.ok((await server.send(path)).status < 500, path)
      stayClean(name)
    }
  })
})
