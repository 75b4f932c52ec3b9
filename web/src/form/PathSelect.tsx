import { CloseButton, Combobox, InputBase, Popover, Text } from '@mantine/core'
import { useCallback, useState } from 'react'
import { form as t } from '../text/form'
import classes from './form.module.css'
import { NameList } from './NameList'
import { type Kind, kindOfNoun, labelOfPath, type Name, typedPath } from './names'
import { type FormContext, type InputProps, NOWHERE } from './types'
import { useModules } from './useCatalogue'
import { useNames } from './useNames'

interface Props extends InputProps<string | null> {
  module: string | null
  /** Only fields of these types can be chosen; links are followed anyhow. */
  types?: string[]
  /** With a workflow and a block: outputs of earlier blocks and the record before the change, too. */
  context?: FormContext
}

const KINDS_OF: Record<string, Kind> = {
  text: 'text',
  email: 'text',
  phone: 'text',
  date: 'date',
  datetime: 'datetime',
  integer: 'integer',
  decimal: 'decimal',
  money: 'decimal',
  boolean: 'boolean',
  user: 'reference',
  reference: 'reference',
}

/** A field of the record or of a linked one, over several links: searchable, with levels that open. */
export function PathSelect({ module, types, context, value, onChange, ...input }: Props) {
  const { label, description, error, required, disabled, placeholder } = input
  const [open, setOpen] = useState(false)
  const modules = useModules()
  const here: FormContext = context && context.module === module ? context : { ...NOWHERE, module }
  const shown = useLabel(here, value)
  const choosable = useCallback(
    (name: Name) => {
      if (name.formula === null || name.field_type === 'line_items') return false
      if (!types?.length || types.includes(name.field_type ?? '')) return true
      if (name.field_type !== null && name.field_type !== 'formula') return false
      const kind = typedPath(modules, module, name.name).kind ?? kindOfNoun(name.type)
      return kind !== null && kind !== 'reference' && types.some((type) => KINDS_OF[type] === kind)
    },
    [types, modules, module],
  )
  const called = label ?? input['aria-label'] ?? t.field
  const pick = (path: string | null) => {
    onChange(path)
    setOpen(false)
  }
  return (
    <Popover
      opened={open}
      onChange={setOpen}
      width={330}
      position="bottom-start"
      shadow="md"
      trapFocus
      returnFocus
    >
      <Popover.Target>
        <InputBase
          component="button"
          type="button"
          pointer
          label={label}
          description={description}
          error={error}
          withAsterisk={required}
          disabled={disabled}
          onClick={() => setOpen((was) => !was)}
          aria-label={`${called}: ${shown ?? t.notSet}`}
          rightSection={
            value && !required ? (
              <CloseButton size="sm" onClick={() => pick(null)} aria-label={`${t.clear}: ${called}`} />
            ) : (
              <Combobox.Chevron />
            )
          }
          rightSectionPointerEvents={value && !required ? 'auto' : 'none'}
          classNames={{ input: classes.picked }}
          title={shown ?? undefined}
        >
          {shown ?? (
            <Text span size="sm" c="var(--mantine-color-placeholder)">
              {placeholder ?? (module ? t.chooseField : t.chooseModuleFirst)}
            </Text>
          )}
        </InputBase>
      </Popover.Target>
      <Popover.Dropdown p={8} aria-label={called}>
        <NameList
          context={here}
          choosable={choosable}
          onPick={(name) => pick(name.formula)}
          label={t.searchFields}
          remote={Boolean(here.document && here.node)}
        />
      </Popover.Dropdown>
    </Popover>
  )
}

/** What people call a path: labels of fields, or how the server calls an earlier block's output. */
function useLabel(context: FormContext, path: string | null): string | undefined {
  const modules = useModules()
  const special = path !== null && /^(nodes|old|user)\./.test(path)
  const { names } = useNames(context, path?.startsWith('old.') ? 'old' : '', special)
  if (!path) return undefined
  if (!special) return labelOfPath(modules, context.module, path)
  const known = names.find((one) => one.formula === path)
  return known ? `${known.group} › ${known.label}` : path
}
