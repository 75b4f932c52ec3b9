import { ActionIcon, Button, Group, Stack, Text, TextInput } from '@mantine/core'
import { IconPlus, IconTrash } from '@tabler/icons-react'
import { useState } from 'react'
import { api, type Holiday } from '../api'
import { Problem } from '../parts/Problem'
import { t } from '../text'
import { settings } from '../text/settings'
import { Section } from './Section'
import { useSave } from './useSettings'

const words = settings.organisation

/** Days on which nobody works. */
export function HolidaysSection({ now }: { now: Holiday[] }) {
  const [days, setDays] = useState(now)
  const save = useSave(
    (sent: Holiday[]) => api.setHolidays({ body: { days: sent }, throwOnError: true }),
    words.saved,
  )
  const set = (at: number, change: Partial<Holiday>) =>
    setDays(days.map((day, place) => (place === at ? { ...day, ...change } : day)))
  return (
    <Section title={words.holidays} about={words.holidaysAbout}>
      {save.error && <Problem error={save.error} />}
      {days.length === 0 && (
        <Text size="sm" c="dimmed">
          {words.noHolidays}
        </Text>
      )}
      <Stack gap={6}>
        {days.map((day, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a day that is being typed has no name but its place
          <Group key={at} gap="xs">
            <TextInput
              type="date"
              size="xs"
              aria-label={words.date}
              value={day.date}
              onChange={(event) => set(at, { date: event.currentTarget.value })}
            />
            <TextInput
              size="xs"
              w={260}
              aria-label={words.holiday}
              value={day.name}
              onChange={(event) => set(at, { name: event.currentTarget.value })}
            />
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label={`${t.common.remove} ${day.name}`}
              onClick={() => setDays(days.filter((_, place) => place !== at))}
            >
              <IconTrash size={16} />
            </ActionIcon>
          </Group>
        ))}
      </Stack>
      <Group justify="space-between">
        <Button
          size="xs"
          variant="subtle"
          leftSection={<IconPlus size={14} />}
          onClick={() => setDays([...days, { date: '', name: '' }])}
        >
          {t.common.add}
        </Button>
        <Button
          variant="default"
          aria-label={t.common.saveOf(words.holidays)}
          loading={save.isPending}
          onClick={() => save.mutate(days)}
        >
          {t.common.save}
        </Button>
      </Group>
    </Section>
  )
}
