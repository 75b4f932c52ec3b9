import { useMe } from '../app/useMe'
import { PlaceTabs } from '../parts/PlaceTabs'
import { frame as t } from '../text/frame'

const IMPORTS = { to: '/imports', label: t.dataPlaces.imports }
const TASKS = { to: '/data-tasks', label: t.dataPlaces.tasks }
const PUBLISHED = { to: '/settings/published', label: t.dataPlaces.published }

/** Between the pages about data as a whole: what came in, tasks over many records, lists for other programs. */
export function DataTabs() {
  const me = useMe()
  const builds = me.administrator || me.builder
  if (!builds) return null
  return <PlaceTabs label={t.data} places={[IMPORTS, TASKS, PUBLISHED]} />
}
