import { Select } from '@mantine/core'
import { form as t } from '../text/form'
import type { InputProps } from './types'
import { useModules } from './useCatalogue'

interface Props extends InputProps<string | null> {
  /** Modules whose records nobody may write, too. */
  all?: boolean
}

/** One module, found by name. */
export function ModuleSelect({ value, onChange, required, all = false, ...input }: Props) {
  const modules = [...useModules().values()]
  const data = modules
    .filter((one) => one.key === value || (!one.system && (all || !one.read_only)))
    .map((one) => ({ value: one.key, label: one.label_plural }))
    .sort((a, b) => a.label.localeCompare(b.label))
  if (value && modules.length > 0 && !data.some((one) => one.value === value))
    data.push({ value, label: t.gone(value) })
  return (
    <Select
      data={data}
      value={value || null}
      onChange={onChange}
      searchable
      clearable={!required}
      withAsterisk={required}
      placeholder={t.chooseModule}
      nothingFoundMessage={t.nothingFound}
      {...input}
    />
  )
}
