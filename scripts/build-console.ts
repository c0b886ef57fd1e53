// npm run build:console: the console as static files in console/dist, each in a second form that browsers take compressed. Does nothing where it has been built of the same sources.
import { createHash } from 'node:crypto'
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { build } from 'vite'

const root = path.dirname(import.meta.dirname)
const folder = path.join(root, 'console')
const stamp = path.join(folder, 'dist', '.built')

const sources = createHash('sha256')
for (const file of [...globSync('console/{src,public}/**/*.*', { cwd: root }).sort(), 'console/index.html', 'console/vite.config.ts', 'package-lock.json', 'scripts/build-console.ts']) {
  if (existsSync(path.join(root, file))) sources.update(`${file}\0`).update(readFileSync(path.join(root, file)))
}
const digest = sources.digest('hex')

if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== digest) {
  await build({ configFile: path.join(folder, 'vite.config.ts'), logLevel: 'warn' })
  for (const file of globSync('console/dist/**/*.{html,js,css,svg}', { cwd: root })) {
    const content = readFileSync(path.join(root, file))
    writeFileSync(path.join(root, `${file}.gz`), gzipSync(content, { level: 9 }))
    writeFileSync(path.join(root, `${file}.br`), brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: content.length } }))
  }
  writeFileSync(stamp, digest)
}
