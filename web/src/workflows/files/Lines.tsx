import type { SentFile } from '../../api'
import { files as t } from '../../text/files'
import classes from './files.module.css'

const SIGNS: Record<string, string> = { '+': 'came', '-': 'went', '@': 'place' }

/** The lines that go and come, as a program for comparing files shows them. */
export function Lines({ file }: { file: SentFile }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by the keyboard
    <section className={classes.lines} aria-label={t.linesOf(file.file)} tabIndex={0}>
      {file.diff.map((line, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: lines in their order
        <div key={place} data-sign={SIGNS[line.charAt(0)]}>
          {line || ' '}
        </div>
      ))}
    </section>
  )
}
