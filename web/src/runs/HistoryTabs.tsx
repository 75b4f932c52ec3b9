import { Link } from 'react-router'
import { bulk as t } from '../text/bulk'
import classes from './HistoryTabs.module.css'

const PLACES = [
  { key: 'single', to: '/runs' },
  { key: 'bulk', to: '/runs/bulk' },
] as const

/** Between the two halves of the history: single runs, and runs over many records. */
export function HistoryTabs({ at }: { at: (typeof PLACES)[number]['key'] }) {
  return (
    <nav className={classes.tabs} aria-label={t.tabs.both}>
      {PLACES.map(({ key, to }) => (
        <Link key={key} to={to} className={classes.tab} aria-current={key === at ? 'page' : undefined}>
          {t.tabs[key]}
        </Link>
      ))}
    </nav>
  )
}
