// How the console is built: static files that need no server of their own, and no address but relative ones.
import { defineConfig } from 'vite'

export default defineConfig({
  root: import.meta.dirname,
  // It is served under /console/, perhaps behind a proxy that puts the server below a path.
  base: './',
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2023',
    // data: addresses count twice in a first load, and fonts or scripts could not be had by them.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false
  },
  worker: { format: 'es' }
})
