// Breaks connections whose clients have stopped reading their answers: an answer that nobody takes would be held for ever.
import fp from 'fastify-plugin'

export default fp(async app => {
  const { WRITE_TIMEOUT } = app.config
  // Set when the request comes: answers that are written bit by bit pass no later hook.
  app.addHook('onRequest', async (request, { raw }) => {
    raw.setTimeout(WRITE_TIMEOUT, () => {
      const { socket } = raw
      // Node calls whenever for so long nothing was read or written, and not while bytes go out. Where nothing waits to be
      // written it is not for the client to act: its request is being worked on.
      if (socket === null || socket.writableLength === 0) {
        raw.setTimeout(WRITE_TIMEOUT)
        return
      }
      request.log.warn('the client does not read its answer; the connection is broken')
      socket.destroy()
    })
  })
}, { name: 'slow-readers', dependencies: ['config'] })
