import { Select, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { listAiProvidersOptions } from '../api'
import { ai } from '../text/ai'
import { form as t } from '../text/form'
import { useCalled } from './inline'
import { errorAt, useSurroundings, type WidgetProps } from './surroundings'

const words = ai.choose

/** One of the AI providers of the settings; none: the first of them. */
export function AiProviderSelect({ label, required, path, value, onChange }: WidgetProps) {
  const { problems } = useSurroundings()
  const found = useQuery({ ...listAiProvidersOptions(), staleTime: 60_000 })
  const items = found.data?.items
  const chosen = typeof value === 'string' && value !== '' ? value : null
  const data = (items ?? []).map((one) => ({ value: one.key, label: `${one.name} · ${one.model}` }))
  if (items && chosen && !items.some((one) => one.key === chosen))
    data.push({ value: chosen, label: t.gone(chosen) })
  const first = items?.[0]
  return (
    <>
      <Select
        {...useCalled(label)}
        withAsterisk={required}
        error={errorAt(problems, path)}
        data={data}
        value={chosen}
        onChange={(next) => onChange(next ?? undefined)}
        clearable
        placeholder={first ? words.first(first.name) : words.placeholder}
        nothingFoundMessage={t.nothingFound}
      />
      {items && items.length === 0 && (
        <Text size="xs" c="orange.9" mt={4} className="warning-text">
          {words.none}
        </Text>
      )}
    </>
  )
}
