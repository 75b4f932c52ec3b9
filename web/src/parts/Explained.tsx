import { Text } from '@mantine/core'
import { IconCircleCheck, IconCircleX } from '@tabler/icons-react'
import { explained as t } from '../text/trust'
import classes from './Explained.module.css'
import { type Explanation, explanationOf } from './explanation'

/** A condition for one record, part by part: what was asked, whether it held, and the value that was seen. */
export function Explained({ tree }: { tree: unknown }) {
  const found = explanationOf(tree)
  if (!found) return null
  return (
    <ul className={classes.tree} aria-label={t.tree} data-testid="explained">
      <Part part={found} />
    </ul>
  )
}

function Part({ part }: { part: Explanation }) {
  return (
    <li>
      <div className={classes.line} data-held={part.held}>
        <Held held={part.held} />
        <span className={classes.words} dir="auto">
          <span>{part.asked}</span>
          {part.seen && (
            <Text span inherit c="dimmed">
              {' – '}
              {part.seen}
            </Text>
          )}
        </span>
      </div>
      {part.parts.length > 0 && (
        <ul className={classes.parts}>
          {part.parts.map((one, index) => (
            <Part key={String(index)} part={one} />
          ))}
        </ul>
      )}
    </li>
  )
}

/** A tick or a cross, with its word for those who do not see it. */
export function Held({ held }: { held: boolean }) {
  const Sign = held ? IconCircleCheck : IconCircleX
  return (
    <Sign
      className={classes.sign}
      data-held={held}
      size={17}
      stroke={1.8}
      role="img"
      aria-label={held ? t.held : t.notHeld}
    />
  )
}
