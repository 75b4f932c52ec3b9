import type { BlockOut } from '../../api'
import { hueOf, iconOf } from '../canvas/icons'
import classes from './palette.module.css'

/** The icon of a block in its group's colour. */
export function BlockSign({ block, size = 28 }: { block: Pick<BlockOut, 'icon' | 'group'>; size?: number }) {
  const Sign = iconOf(block.icon)
  const hue = { '--hue': `var(--mantine-color-${hueOf(block.group)}-6)`, width: size, height: size }
  return (
    <span className={classes.sign} style={hue as React.CSSProperties}>
      <Sign size={size * 0.55} stroke={1.8} aria-hidden />
    </span>
  )
}
