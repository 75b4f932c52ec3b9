import { Select, Stack } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { listViewsOptions, type View } from '../../api'
import { type Condition, ConditionEditor } from '../../conditions'
import { ModuleSelect } from '../../form'
import { wizard as words } from '../../text/wizard'

const t = words.list

interface Props {
  module: string | null
  where: Condition | null
  view: View | null
  onModule: (module: string | null) => void
  onWhere: (where: Condition | null) => void
  onView: (view: View | null) => void
}

/** Which records go out: of a module, as a saved view has them, or where a condition holds. */
export function ListStep({ module, where, view, onModule, onWhere, onView }: Props) {
  const views = useQuery({
    ...listViewsOptions({ query: { module: module ?? '' } }),
    enabled: module !== null,
  })
  const items = views.data?.items ?? []
  return (
    <Stack gap="sm">
      <ModuleSelect label={words.whom.module} required value={module} onChange={onModule} />
      {items.length > 0 && (
        <Select
          label={t.view}
          description={t.viewAbout}
          placeholder={t.noView}
          clearable
          data={items.map((one) => ({ value: String(one.id), label: one.name }))}
          value={view ? String(view.id) : null}
          onChange={(id) => onView(items.find((one) => String(one.id) === id) ?? null)}
        />
      )}
      {module && (
        <ConditionEditor
          key={view?.id ?? 'none'}
          label={t.condition}
          module={module}
          value={where}
          onChange={onWhere}
          showMatches
        />
      )}
    </Stack>
  )
}
