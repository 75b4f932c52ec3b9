import { Radio, Stack } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { changeMeMutation, getMeQueryKey, type Me } from '../api'
import { sayDone, sayProblem } from '../parts/saying'
import { Section } from '../settings/Section'
import { absences as t } from '../text/duty'

const WAYS = ['none', 'at_once', 'daily'] as const

/** Whether one hears of one's inbox by mail, too. */
export function InboxMailSection({ me }: { me: Me }) {
  const cache = useQueryClient()
  const save = useMutation({
    ...changeMeMutation(),
    onSuccess: (changed) => {
      cache.setQueryData(getMeQueryKey(), changed)
      sayDone(t.mailSaved)
    },
    onError: (error) => sayProblem(error),
  })
  const choose = (value: string) => {
    const way = WAYS.find((known) => known === value)
    if (way) save.mutate({ body: { preferences: { inbox_mail: way } } })
  }
  return (
    <Section title={t.mail} about={t.mailAbout}>
      <Radio.Group aria-label={t.mail} value={me.preferences.inbox_mail ?? 'none'} onChange={choose}>
        <Stack gap={8}>
          {WAYS.map((way) => (
            <Radio key={way} value={way} label={t.mails[way]} disabled={save.isPending} />
          ))}
        </Stack>
      </Radio.Group>
    </Section>
  )
}
