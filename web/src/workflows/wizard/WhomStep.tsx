import { Checkbox, Stack } from '@mantine/core'
import type { FieldProblem } from '../../api'
import { type Condition, ConditionEditor } from '../../conditions'
import { ModuleSelect } from '../../form'
import { wizard as words } from '../../text/wizard'

const t = words.whom

interface Props {
  module: string | null
  where: Condition | null
  once: boolean
  onModule: (module: string | null) => void
  onWhere: (where: Condition | null) => void
  onOnce: (once: boolean) => void
  problems: FieldProblem[]
}

/** Whose records, which of them, and whether each counts only once. */
export function WhomStep({ module, where, once, onModule, onWhere, onOnce, problems }: Props) {
  return (
    <Stack gap="sm">
      <ModuleSelect label={t.module} required value={module} onChange={onModule} />
      {module && (
        <ConditionEditor
          label={t.condition}
          module={module}
          value={where}
          onChange={onWhere}
          showMatches
          problems={problems}
        />
      )}
      <Checkbox
        label={t.once}
        description={t.onceAbout}
        checked={once}
        onChange={(event) => onOnce(event.currentTarget.checked)}
      />
    </Stack>
  )
}
