import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'
import { everyComponentHasItsStyles } from './mantine-styles'

// Built into the Python package, which serves it from the same origin as the API.
export default defineConfig({
  plugins: [react(), everyComponentHasItsStyles()],
  build: {
    outDir: '../src/whereupon/api/web',
    emptyOutDir: true,
    target: 'es2022',
    chunkSizeWarningLimit: 900,
  },
  server: { proxy: { '/api': process.env.WHEREUPON_API ?? 'http://127.0.0.1:8080' } },
})
