import { ActionIcon, Button, Group, Stack, Text, TextInput } from '@mantine/core'
import { IconPlus, IconTrash } from '@tabler/icons-react'
import { useState } from 'react'
import { api, type WorkingHours } from '../api'
import { Problem } from '../parts/Problem'
import { format, t } from '../text'
import { settings } from '../text/settings'
import { Section } from './Section'
import { useSave } from './useSettings'

const words = settings.organisation
const DAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const

/** When people work, by weekday; a day may have a break. */
export function WorkingHoursSection({ now }: { now: WorkingHours }) {
  const [days, setDays] = useState(now.days)
  const save = useSave((body: WorkingHours) => api.setWorkingHours({ body, throwOnError: true }), words.saved)
  const set = (day: string, spans: WorkingHours['days'][string]) => setDays({ ...days, [day]: spans })
  return (
    <Section title={words.hours} about={words.hoursAbout}>
      {save.error && <Problem error={save.error} />}
      <Stack gap={6}>
        {DAYS.map((day, index) => {
          const spans = days[day] ?? []
          const name = weekday(index)
          return (
            <Group key={day} gap="xs" wrap="wrap">
              <Text size="sm" w={110}>
                {name}
              </Text>
              {spans.length === 0 && (
                <Text size="sm" c="dimmed">
                  {words.closed}
                </Text>
              )}
              {spans.map((span, at) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: spans have no name but their place
                <Group key={at} gap={4} wrap="nowrap">
                  {(['start', 'end'] as const).map((end) => (
                    <TextInput
                      key={end}
                      type="time"
                      size="xs"
                      aria-label={`${name}: ${words[end]}`}
                      value={span[end].slice(0, 5)}
                      onChange={(event) =>
                        set(
                          day,
                          spans.map((other, place) =>
                            place === at ? { ...other, [end]: event.currentTarget.value } : other,
                          ),
                        )
                      }
                    />
                  ))}
                  <ActionIcon
                    variant="subtle"
                    color="gray"
                    aria-label={`${name}: ${words.removeHours}`}
                    onClick={() =>
                      set(
                        day,
                        spans.filter((_, place) => place !== at),
                      )
                    }
                  >
                    <IconTrash size={16} />
                  </ActionIcon>
                </Group>
              ))}
              <ActionIcon
                variant="subtle"
                aria-label={`${name}: ${words.addHours}`}
                onClick={() =>
                  set(day, [
                    ...spans,
                    spans.length ? { start: '14:00', end: '18:00' } : { start: '09:00', end: '17:00' },
                  ])
                }
              >
                <IconPlus size={16} />
              </ActionIcon>
            </Group>
          )
        })}
      </Stack>
      <Group justify="flex-end">
        <Button
          loading={save.isPending}
          variant="default"
          aria-label={t.common.saveOf(words.hours)}
          onClick={() => save.mutate({ days: worked(days) })}
        >
          {t.common.save}
        </Button>
      </Group>
    </Section>
  )
}

/** The name of a weekday in the person's language; 0 is Monday. */
function weekday(index: number): string {
  return new Intl.DateTimeFormat(format.locale, { weekday: 'long', timeZone: 'UTC' }).format(
    Date.UTC(2024, 0, 1 + index),
  )
}

/** Without the days on which nobody works: they are left out. */
function worked(days: WorkingHours['days']): WorkingHours['days'] {
  return Object.fromEntries(Object.entries(days).filter(([, spans]) => spans.length > 0))
}
