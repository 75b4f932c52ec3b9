import { Anchor, Button, Group, Stack, Text } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { api } from '../../api'
import { RecordsSelect } from '../../form/RecordSelect'
import { sayProblem } from '../../parts/saying'
import { test as t } from '../../text/trust'
import { MOST_RECORDS } from './setup'

const NEWEST = 5

interface Props {
  module: string
  filter: unknown
  chosen: string[]
  onChange: (records: string[]) => void
  /** Go on with a made-up record instead. */
  onForm: () => void
}

/** One to ten records, found by what names them; the newest, or some that meet the filter, at a click. */
export function ChooseRecords({ module, filter, chosen, onChange, onForm }: Props) {
  const take = (ids: string[]) => onChange(ids.slice(0, MOST_RECORDS))
  const newest = useMutation({
    mutationFn: () => newestOf(module),
    onSuccess: (ids) => ids.length > 0 && take(ids),
    onError: (error) => sayProblem(error),
  })
  const meeting = useMutation({
    mutationFn: () => meetingOf(module, filter),
    onSuccess: (ids) => ids.length > 0 && take(ids),
    onError: (error) => sayProblem(error, t.meetingUnknown),
  })
  const isEmpty = newest.data?.length === 0
  const noneMeets = meeting.data?.length === 0
  return (
    <Stack gap={6}>
      <RecordsSelect
        module={module}
        label={t.records}
        description={chosen.length >= MOST_RECORDS ? t.full(MOST_RECORDS) : t.recordsAbout(MOST_RECORDS)}
        value={chosen}
        onChange={(ids) => take(ids.map(String))}
      />
      <Group gap={6}>
        <Button
          size="compact-xs"
          variant="default"
          loading={newest.isPending}
          onClick={() => newest.mutate()}
        >
          {t.newest}
        </Button>
        {filter !== null && (
          <Button
            size="compact-xs"
            variant="default"
            loading={meeting.isPending}
            onClick={() => meeting.mutate()}
          >
            {t.meeting}
          </Button>
        )}
      </Group>
      <div role="status">
        {noneMeets && (
          <Text size="xs" c="dimmed">
            {t.noneMeets}
          </Text>
        )}
        {isEmpty && (
          <Text size="xs" c="dimmed">
            {t.noneThere}{' '}
            <Anchor component="button" type="button" inherit onClick={onForm}>
              {t.fillIn}
            </Anchor>
          </Text>
        )}
      </div>
    </Stack>
  )
}

async function newestOf(module: string): Promise<string[]> {
  const query = { q: '', limit: NEWEST }
  const { data } = await api.lookUpRecords({ path: { module }, query, throwOnError: true })
  return data.items.map((one) => one.id)
}

async function meetingOf(module: string, condition: unknown): Promise<string[]> {
  const { data } = await api.countMatches({ body: { module, condition }, throwOnError: true })
  return data.examples.map((one) => one.id)
}
