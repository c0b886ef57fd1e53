// Loaded into a server before it starts: the wall clock jumps by as many milliseconds as it is told.
let ahead = 0
const trueNow = Date.now
const now = () => trueNow() + ahead

globalThis.Date = new Proxy(Date, {
  construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
  get: (target, key) => key === 'now' ? now : Reflect.get(target, key)
})

process.on('message', (jump: number) => {
  ahead += jump
  process.send?.('told')
})
process.channel?.unref()
