import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'

// One page serves all files: making one for each took six times as long as the tests. Files that put
// something else in a module's place (vi.mock) are called .alone.test and have a page each.
const page = { environment: 'jsdom', setupFiles: ['src/test/setup.ts'] }
const alone = ['src/**/*.alone.test.{ts,tsx}']

export default defineConfig({
  plugins: [react()],
  test: {
    projects: [
      {
        extends: true,
        test: {
          ...page,
          name: 'together',
          include: ['src/**/*.test.{ts,tsx}'],
          exclude: alone,
          isolate: false,
        },
      },
      { extends: true, test: { ...page, name: 'alone', include: alone } },
    ],
  },
})
