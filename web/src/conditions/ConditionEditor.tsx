import { Input, Stack } from '@mantine/core'
import { useMemo } from 'react'
import { type FieldProblem, type FormContext, NOWHERE } from '../form/types'
import { useOperators } from '../form/useCatalogue'
import { conditions as t } from '../text/conditions'
import { GroupEditor } from './GroupEditor'
import { Matches } from './Matches'
import { ConditionProvider } from './surroundings'
import { asGroup, type Condition, fromGroup, groupOf } from './tree'
import { useMatches } from './useMatches'

interface Props {
  module: string | null
  /** null: always holds. */
  value: Condition | null
  onChange: (value: Condition | null) => void
  /** Whether "has changed" can be asked. */
  ofChange?: boolean
  context?: FormContext
  /** How many records meet it, as one types. */
  showMatches?: boolean
  /** Of records that are looked for: where the run stands that looks. */
  run?: FormContext | null
  /** For lists: less room. */
  compact?: boolean
  /** Paths relative to the condition. */
  problems?: FieldProblem[]
  label?: string
  description?: string
  required?: boolean
}

const NONE: FieldProblem[] = []

/** Builds a condition: groups, comparisons, and questions about child records. */
export function ConditionEditor({
  module,
  value,
  onChange,
  ofChange = false,
  context = NOWHERE,
  showMatches = false,
  run = null,
  compact = false,
  problems = NONE,
  label,
  description,
  required,
}: Props) {
  const operators = useOperators()
  const known = useMatches(module, value, operators, ofChange, showMatches)
  const said = useMemo(() => (problems.length > 0 ? problems : known.problems), [problems, known.problems])
  const around = useMemo(
    () => ({ context, operators, ofChange, compact, run, problems: said }),
    [context, operators, ofChange, compact, run, said],
  )
  const bare = value !== null && Object.keys(value).length > 0 && !groupOf(value)
  return (
    <ConditionProvider value={around}>
      <Input.Wrapper label={label} description={description} withAsterisk={required} labelElement="div">
        <Stack gap={6} mt={label ? 4 : 0} role="group" aria-label={label ?? t.condition}>
          <GroupEditor
            group={asGroup(value)}
            onChange={(group) => onChange(fromGroup(group, value))}
            module={module}
            pointer=""
            bare={bare}
            root
          />
          {showMatches && module && <Matches known={known} module={module} />}
        </Stack>
      </Input.Wrapper>
    </ConditionProvider>
  )
}
