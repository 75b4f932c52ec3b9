import { Box, Group as Row, Select, Stack, Text } from '@mantine/core'
import { FieldSelect } from '../form/FieldSelect'
import { childModule, childrenAround, type Typed, typedPath } from '../form/names'
import { useModules } from '../form/useCatalogue'
import { isObject } from '../form/value'
import { conditions as t } from '../text/conditions'
import { Compared } from './Comparison'
import { GroupEditor } from './GroupEditor'
import { isQuantifier, needsField } from './operators'
import { asGroup, type Condition, fromGroup, groupOf } from './tree'

interface Props {
  part: Condition
  module: string | null
  onChange: (part: Condition) => void
  pointer: string
}

const AGGREGATES = ['any', 'all', 'none', 'count', 'sum', 'average', 'min', 'max']

/** A question about the records that link here: whether they meet something, how many, or their sum. */
export function ChildrenPart({ part, module, onChange, pointer }: Props) {
  const modules = useModules()
  const options = childrenAround(modules, module).map(({ value, label }) => ({ value, label }))
  const children = String(part.children ?? '')
  if (children && !options.some((one) => one.value === children))
    options.push({ value: children, label: children })
  const child = childModule(modules, module, children)
  const where = isObject(part.where) ? part.where : null
  const setWhere = (next: Condition | null) => {
    const { where: _old, ...rest } = part
    onChange(
      next ? { ...rest, where: next } : isQuantifier(part.aggregate) ? { ...rest, where: { all: [] } } : rest,
    )
  }
  const quantifier = isQuantifier(part.aggregate)
  return (
    <Stack gap={6}>
      <Row gap={6} align="flex-start" wrap="wrap">
        <Select
          flex="1 1 150px"
          aria-label={t.children}
          data={options}
          value={children || null}
          onChange={(next) =>
            next && onChange({ children: next, aggregate: part.aggregate ?? 'any', where: { all: [] } })
          }
          placeholder={t.chooseChildren}
          searchable
          nothingFoundMessage={t.noChildren}
        />
        <Select
          flex="1 1 140px"
          aria-label={t.aggregate}
          data={AGGREGATES.map((one) => ({ value: one, label: t.aggregates[one] ?? one }))}
          value={String(part.aggregate ?? '') || null}
          onChange={(next) => next && onChange(withAggregate(part, next))}
        />
        {needsField(part.aggregate) && (
          <Box flex="1 1 140px">
            <FieldSelect
              aria-label={t.field}
              module={child?.key ?? null}
              value={String(part.field ?? '') || null}
              onChange={(field) => onChange({ ...part, field: field ?? '' })}
              required
            />
          </Box>
        )}
        {!quantifier && (
          <Compared
            part={part}
            module={module}
            onChange={onChange}
            ready
            typed={aggregated(
              String(part.aggregate),
              typedPath(modules, child?.key ?? null, String(part.field ?? '')),
            )}
          />
        )}
      </Row>
      <Text size="xs" c="dimmed">
        {quantifier ? t.these : t.amongThose}
      </Text>
      <GroupEditor
        group={asGroup(where)}
        onChange={(group) => setWhere(fromGroup(group, where))}
        module={child?.key ?? null}
        pointer={`${pointer}/where`}
        bare={where !== null && !groupOf(where)}
        root
        empty={quantifier ? t.emptyGroup : t.empty}
      />
    </Stack>
  )
}

function withAggregate(part: Condition, aggregate: string): Condition {
  const { field, operator, value, ...rest } = part
  if (isQuantifier(aggregate)) return { where: { all: [] }, ...rest, aggregate }
  const compared = { operator: operator ?? 'at_least', ...(value === undefined ? {} : { value }) }
  return { ...rest, aggregate, ...(needsField(aggregate) ? { field: field ?? '' } : {}), ...compared }
}

/** What comes out: a number of records is whole, a sum or an average is a number. */
function aggregated(aggregate: string, field: Typed): Typed {
  if (aggregate === 'count') return { kind: 'integer' }
  return aggregate === 'sum' || aggregate === 'average' ? { kind: 'decimal' } : field
}
