import { MultiSelect, Select } from '@mantine/core'
import type { FieldOut } from '../../api'
import { records as t } from '../../text/records'
import type { Existing } from './MapColumns'

interface Props {
  keys: FieldOut[]
  value: Existing
  onChange: (value: Existing) => void
}

/** How records that are there already are found, and what becomes of them. */
export function ExistingChoices({ keys, value, onChange }: Props) {
  const found = value.key.length > 0
  return (
    <>
      <MultiSelect
        label={t.importKey}
        description={t.importKeyAbout}
        placeholder={found ? undefined : t.importKeyNone}
        data={keys.map((field) => ({ value: field.key, label: field.label }))}
        value={value.key}
        onChange={(key) => onChange({ ...value, key })}
        maxValues={5}
        clearable
      />
      <Select
        label={t.importExisting}
        description={t.importExistingAbout}
        data={[
          { value: 'update', label: t.importUpdate },
          { value: 'skip', label: t.importSkip },
          { value: 'fail', label: t.importFail },
        ]}
        value={value.on_existing}
        onChange={(one) => onChange({ ...value, on_existing: one as Existing['on_existing'] })}
        disabled={!found}
      />
      <Select
        label={t.importCells}
        description={t.importCellsAbout}
        data={[
          { value: 'keep', label: t.importKeep },
          { value: 'clear', label: t.importClear },
        ]}
        value={value.empty_cells}
        onChange={(one) => onChange({ ...value, empty_cells: one === 'clear' ? 'clear' : 'keep' })}
        disabled={!found || value.on_existing !== 'update'}
      />
    </>
  )
}
