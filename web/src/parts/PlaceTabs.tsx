import { Link, useLocation } from 'react-router'
import classes from './PlaceTabs.module.css'

interface Props {
  /** What these places have in common. */
  label: string
  places: readonly { to: string; label: string }[]
}

/** Between pages that belong together; each has its own address, and the one that is open is marked. */
export function PlaceTabs({ label, places }: Props) {
  const { pathname } = useLocation()
  return (
    <nav className={classes.tabs} aria-label={label}>
      {places.map((place) => (
        <Link
          key={place.to}
          to={place.to}
          className={classes.tab}
          aria-current={pathname === place.to ? 'page' : undefined}
        >
          {place.label}
        </Link>
      ))}
    </nav>
  )
}
