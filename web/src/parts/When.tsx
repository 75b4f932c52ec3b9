import { Tooltip } from '@mantine/core'
import { format, t } from '../text'

/** A moment: how long ago, and exactly when on hovering. */
export function When({ at, exact = false }: { at: string | null | undefined; exact?: boolean }) {
  if (!at) return <span>{t.common.nothing}</span>
  const whole = format.dateTime(at)
  if (exact) return <time dateTime={at}>{whole}</time>
  return (
    <Tooltip label={whole}>
      <time dateTime={at} style={{ whiteSpace: 'nowrap' }}>
        {format.relative(at)}
      </time>
    </Tooltip>
  )
}
