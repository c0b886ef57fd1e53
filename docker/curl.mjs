#!/usr/bin/env node
// Stands in for curl in the orchestrator's image, which has none: compose files written for the IMAGE orchestrator check its
// health with `curl -f http://localhost:8080/health`. It knows that use and no other.
import { get } from 'node:http'

const usage = 'This is no curl but a stand-in for health checks: curl [-f] [-s] [-S] [-o FILE] [-m SECONDS] http://…'
let failing = false
let silent = false
let output = true
let seconds = 30
let url

const words = process.argv.slice(2).flatMap(word => /^-[a-zA-Z]{2,}$/.test(word) ? [...word.slice(1)].map(letter => `-${letter}`) : [word])
for (let word = words.shift(); word !== undefined; word = words.shift()) {
  if (['-f', '--fail'].includes(word)) failing = true
  else if (['-s', '--silent'].includes(word)) silent = true
  else if (['-S', '--show-error'].includes(word)) silent = false
  else if (['-o', '--output'].includes(word) && words.shift() === '/dev/null') output = false
  else if (['-m', '--max-time', '--connect-timeout'].includes(word) && Number(words[0]) > 0) seconds = Number(words.shift())
  else if (url === undefined && URL.canParse(word.includes('://') ? word : `http://${word}`) && !word.startsWith('-')) url = new URL(word.includes('://') ? word : `http://${word}`)
  else end(2, `${usage}\n"${word}" is not for it.`)
}
if (url?.protocol !== 'http:') end(2, usage)

setTimeout(() => end(28, `no answer within ${seconds} s`), seconds * 1000)
get(url, response => {
  const { statusCode = 0 } = response
  if (failing && statusCode >= 400) end(22, `the server answers ${statusCode}`)
  response.on('data', chunk => output && process.stdout.write(chunk))
  response.once('end', () => process.exitCode === undefined && end(0))
}).once('error', error => end(error.code === 'ENOTFOUND' ? 6 : 7, `${url} cannot be reached: ${error.code}`))

function end (code, reason) {
  if (reason !== undefined && (!silent || code === 2)) console.error(`curl: (${code}) ${reason}`)
  process.exit(code)
}
