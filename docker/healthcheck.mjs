// HEALTHCHECK of both images: asks the server of this container, on PORT (with SSL_ONLY on SSL_PORT), for the path given. Ends with 0 when it answers 2xx.
const [path = '/health'] = process.argv.slice(2)
const { PORT, SSL_ONLY, SSL_PORT = '443' } = process.env
const isSecure = SSL_ONLY === 'on'
const { get } = await import(isSecure ? 'node:https' : 'node:http')

// The certificate is for the name by which others come, and this machine is the one that is meant.
get({ host: '127.0.0.1', port: Number(isSecure ? SSL_PORT : PORT), path, timeout: 8000, rejectUnauthorized: false }, response => {
  const { statusCode = 0 } = response
  if (statusCode < 200 || statusCode > 299) return end(`${path} answers ${statusCode}`, response)
  response.resume().once('end', () => process.exit(0))
}).once('timeout', function () {
  this.destroy(new Error('no answer in time'))
}).once('error', error => end(`${path}: ${error.message}`))

/** Docker keeps what a check says; the start of the answer tells why the server is not ready. */
function end (reason, response) {
  if (response === undefined) return stop(reason)
  response.setEncoding('utf8').once('data', text => stop(`${reason}: ${text.slice(0, 1000)}`)).once('end', () => stop(reason))
}

function stop (reason) {
  console.error(reason)
  process.exit(1)
}
