import { defineConfig } from '@hey-api/openapi-ts'

// The typed client is made from the API's own description, at every build, and not kept in git.
export default defineConfig({
  input: '../tests/integration/api/openapi.json',
  output: { path: 'src/api/generated', clean: true },
  plugins: [
    '@hey-api/client-fetch',
    '@hey-api/typescript',
    { name: '@hey-api/sdk', auth: false }, // the cookie goes along by itself
    '@tanstack/react-query',
  ],
})
