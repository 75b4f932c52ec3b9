import { Button, Text } from '@mantine/core'
import { useState } from 'react'
import type { FileWord } from '../../api'
import { files as t } from '../../text/files'
import classes from './files.module.css'

const FIRST = 8

/** What is different, in words: each part with what it was and what it becomes. */
export function Words({ words }: { words: FileWord[] }) {
  const [all, setAll] = useState(false)
  if (words.length === 0) return null
  return (
    <>
      <ul className={classes.words}>
        {words.slice(0, all ? words.length : FIRST).map((word, place) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines in their order, which may say the same
          <li key={place}>
            <Text size="sm" fw={600} span>
              {word.what}
            </Text>
            {word.before !== null && <del className={classes.before}>{word.before}</del>}
            {word.after !== null && <ins className={classes.after}>{word.after}</ins>}
            {word.before === null && word.after === null && ` ${t.actions.change.toLowerCase()}`}
          </li>
        ))}
      </ul>
      {!all && words.length > FIRST && (
        <div>
          <Button variant="subtle" size="compact-xs" ml={-8} onClick={() => setAll(true)}>
            {t.moreWords(words.length - FIRST)}
          </Button>
        </div>
      )}
    </>
  )
}
