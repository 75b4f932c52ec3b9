import { ActionIcon, Button, Group, Input, NumberInput, Select, Stack } from '@mantine/core'
import { IconPlus, IconX } from '@tabler/icons-react'
import { format } from '../../text'
import { schedule as t } from '../../text/schedule'
import { dayOfYear, longest } from './when'

interface Props {
  value: string[]
  onChange: (days: string[]) => void
}

/** Days that come every year: "24 December". */
export function YearDays({ value, onChange }: Props) {
  const set = (at: number, day: string) => onChange(value.map((one, nr) => (nr === at ? day : one)))
  return (
    <Input.Wrapper label={t.daysOfYear} labelElement="div">
      <Stack gap={6} mt={4}>
        {value.map((day, at) => {
          const [month = 1, of = 1] = day.split('-').map(Number)
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: a line is the day in its place
            <Group key={at} gap={6} wrap="nowrap">
              <NumberInput
                aria-label={t.day(at + 1)}
                value={of}
                min={1}
                max={longest(month)}
                allowDecimal={false}
                onChange={(next) => typeof next === 'number' && set(at, dayOfYear(month, next))}
                w={76}
              />
              <Select
                aria-label={t.month(at + 1)}
                data={MONTHS.map((number) => ({ value: String(number), label: monthName(number) }))}
                value={String(month)}
                onChange={(next) => next && set(at, dayOfYear(Number(next), of))}
                allowDeselect={false}
                flex={1}
              />
              {value.length > 1 && (
                <ActionIcon
                  variant="subtle"
                  color="gray"
                  aria-label={t.removeDay(`${of} ${monthName(month)}`)}
                  onClick={() => onChange(value.filter((_one, nr) => nr !== at))}
                >
                  <IconX size={16} />
                </ActionIcon>
              )}
            </Group>
          )
        })}
        <Group>
          <Button
            size="compact-xs"
            variant="subtle"
            leftSection={<IconPlus size={13} />}
            onClick={() => onChange([...value, '01-01'])}
          >
            {t.addDay}
          </Button>
        </Group>
      </Stack>
    </Input.Wrapper>
  )
}

const MONTHS = Array.from({ length: 12 }, (_none, at) => at + 1)

function monthName(month: number): string {
  return new Intl.DateTimeFormat(format.locale, { month: 'long', timeZone: 'UTC' }).format(
    Date.UTC(1970, month - 1, 15),
  )
}
