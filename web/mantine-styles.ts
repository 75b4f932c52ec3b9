import { readdirSync, readFileSync } from 'node:fs'
import type { Plugin } from 'vite'

const FOLDER = 'node_modules/@mantine/core/styles'
const LIST = 'src/app/mantine.css'

/** Refuses a build with a Mantine component whose styles are not in src/app/mantine.css. */
export function everyComponentHasItsStyles(): Plugin {
  return {
    name: 'every-component-has-its-styles',
    generateBundle(_, bundle) {
      const listed = readFileSync(LIST, 'utf8')
      const code = Object.values(bundle)
        .map((file) => (file.type === 'chunk' ? file.code : ''))
        .join()
      const missing = readdirSync(FOLDER).filter(
        (name) => name.endsWith('.css') && !name.endsWith('.layer.css') && !listed.includes(`/${name}`),
      )
      for (const name of missing) {
        const classes = readFileSync(`${FOLDER}/${name}`, 'utf8').match(/(?<=\.)m_[0-9a-f]+/g) ?? []
        if (classes.some((one) => code.includes(one))) {
          this.error(`${name} of Mantine is used: add it to ${LIST}, where styles.css has it.`)
        }
      }
    },
  }
}
