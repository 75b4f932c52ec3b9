import { PlaceTabs } from '../parts/PlaceTabs'
import { bulk as t } from '../text/bulk'

const PLACES = [
  { to: '/runs', label: t.tabs.single },
  { to: '/runs/bulk', label: t.tabs.bulk },
] as const

/** Between the two halves of the history: single runs, and runs over many records. */
export function HistoryTabs() {
  return <PlaceTabs label={t.tabs.both} places={PLACES} />
}
