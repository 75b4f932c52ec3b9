import { Box, Collapse, Group, Input, SimpleGrid, Stack, Text, UnstyledButton } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconChevronDown, IconChevronRight } from '@tabler/icons-react'
import type { FieldOut, FieldProblem, ModuleOut } from '../../api'
import { useMe } from '../../app/useMe'
import { records as t } from '../../text/records'
import { maySet, readableFields, type Titles, type Values } from '../model'
import { FieldInput } from './FieldInput'
import { LineItems } from './LineItems'
import { Value } from './Value'

interface Props {
  module: ModuleOut
  action: 'create' | 'update'
  values: Values
  onChange: (key: string, value: unknown) => void
  titles?: Titles
  problems?: FieldProblem[]
  disabled?: boolean
  /** Fields that are shown elsewhere on the page. */
  leaveOut?: string[]
  autoFocus?: boolean
}

const WIDE = new Set(['long_text', 'rich_text'])

/** Every field of a record by its type: inputs for what may be set, values for the rest. */
export function RecordForm(props: Props) {
  const me = useMe()
  const { module, action, leaveOut = [] } = props
  const fields = readableFields(module, me).filter((field) => !leaveOut.includes(field.key))
  const own = fields.filter((field) => !field.system && field.key !== module.parent_field)
  const shown = action === 'create' ? own.filter((field) => maySet(module, field, me, 'create')) : own
  const narrow = shown.filter((field) => field.type !== 'line_items' && !WIDE.has(field.type))
  const wide = shown.filter((field) => WIDE.has(field.type))
  const lines = shown.filter((field) => field.type === 'line_items')
  const system = action === 'update' ? fields.filter((field) => field.system) : []
  const first = shown.find((field) => maySet(module, field, me, action))
  return (
    <Stack gap="md">
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="md" verticalSpacing="sm">
        {narrow.map((field) => (
          <Place key={field.key} {...props} field={field} autoFocus={props.autoFocus && field === first} />
        ))}
      </SimpleGrid>
      {wide.map((field) => (
        <Place key={field.key} {...props} field={field} autoFocus={props.autoFocus && field === first} />
      ))}
      {lines.map((field) => (
        <LineItems
          key={field.key}
          field={field}
          value={props.values[field.key]}
          onChange={(value) => props.onChange(field.key, value)}
          problems={props.problems}
          disabled={props.disabled || !maySet(module, field, me, action)}
        />
      ))}
      {system.length > 0 && <System fields={system} values={props.values} titles={props.titles} />}
    </Stack>
  )
}

interface PlaceProps extends Props {
  field: FieldOut
}

function Place({
  module,
  action,
  field,
  values,
  onChange,
  titles,
  problems,
  disabled,
  autoFocus,
}: PlaceProps) {
  const me = useMe()
  const value = values[field.key]
  const title = titles?.[field.key]?.[String(value)]
  const error = problems?.find((problem) => problem.path === `/${field.key}`)
  if (!maySet(module, field, me, action))
    return <ReadOnly field={field} value={value} title={title} about={aboutOf(field)} />
  return (
    <Box data-testid={`field-${field.key}`}>
      <FieldInput
        field={field}
        value={value}
        onChange={(next) => onChange(field.key, next)}
        title={title}
        error={error && [error.message, error.suggestion].filter(Boolean).join(' ')}
        disabled={disabled}
        autoFocus={autoFocus}
        placeholder={action === 'create' ? filledIn(field) : undefined}
      />
    </Box>
  )
}

function aboutOf(field: FieldOut): string | undefined {
  if (field.description) return field.description
  return field.type === 'formula' ? t.formulaAbout : undefined
}

/** What the server fills in at creation, where that is known only then. */
function filledIn(field: FieldOut): string | undefined {
  const given = field.options.default
  if (typeof given !== 'object' || given === null) return undefined
  const dynamic = (given as Values).dynamic
  return typeof dynamic === 'string' ? t.filledIn(dynamic.replaceAll('_', ' ')) : undefined
}

interface ReadOnlyProps {
  field: FieldOut
  value: unknown
  title?: unknown
  about?: string
}

/** A field that cannot be set here: its label and its value. */
export function ReadOnly({ field, value, title, about }: ReadOnlyProps) {
  return (
    <Input.Wrapper
      label={field.label}
      description={about}
      labelElement="div"
      data-testid={`field-${field.key}`}
    >
      <Text
        component="div"
        size="sm"
        mih={34}
        pt={6}
        style={{ overflowWrap: 'anywhere', whiteSpace: 'pre-wrap' }}
        dir="auto"
      >
        <Value field={field} value={value} title={title} />
      </Text>
    </Input.Wrapper>
  )
}

function System({ fields, values, titles }: { fields: FieldOut[]; values: Values; titles?: Titles }) {
  const [open, { toggle }] = useDisclosure(false)
  return (
    <Box>
      <UnstyledButton onClick={toggle} aria-expanded={open}>
        <Group gap={4}>
          {open ? <IconChevronDown size={15} /> : <IconChevronRight size={15} />}
          <Text size="sm" c="dimmed">
            {t.system}
          </Text>
        </Group>
      </UnstyledButton>
      <Collapse expanded={open}>
        <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="md" verticalSpacing={0} pt="xs">
          {fields.map((field) => (
            <ReadOnly
              key={field.key}
              field={field}
              value={values[field.key]}
              title={titles?.[field.key]?.[String(values[field.key])]}
            />
          ))}
        </SimpleGrid>
      </Collapse>
    </Box>
  )
}
