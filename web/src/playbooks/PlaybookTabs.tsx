import { PlaceTabs } from '../parts/PlaceTabs'
import { playbooks as t } from '../text/playbooks'

const PLACES = [
  { to: '/playbooks', label: t.title },
  { to: '/strategies', label: t.strategies },
]

/** Between what people do with special cases, and what every record gets by its dates. */
export function PlaybookTabs() {
  return <PlaceTabs label={t.places} places={PLACES} />
}
