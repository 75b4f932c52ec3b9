import { Select, Text } from '@mantine/core'
import { workflows as t } from '../../text/workflows'
import { CATEGORIES, type Category } from './wanted'

const OPTIONS = CATEGORIES.map((value) => ({ value: value as string, label: t.categories[value] ?? value }))

interface Props {
  value: Category | null
  onChange: (category: Category | null) => void
}

/** Under which heading a workflow's messages are filed (customer, admin, finance), or none. */
export function CategorySelect({ value, onChange }: Props) {
  return (
    <Select
      label={t.dialog.category}
      description={value ? t.categoriesAbout[value] : t.noCategory}
      data={OPTIONS}
      value={value}
      onChange={(chosen) => onChange(CATEGORIES.find((item) => item === chosen) ?? null)}
      clearable
      renderOption={({ option }) => (
        <div>
          <Text size="sm">{option.label}</Text>
          <Text size="xs" c="dimmed">
            {t.categoriesAbout[option.value]}
          </Text>
        </div>
      )}
    />
  )
}
