import { Button, Group, NumberInput, SimpleGrid, Skeleton } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { api, getQuotasOptions, getQuotasQueryKey, type Quotas, type SettingsOut } from '../api'
import { asProblem } from '../api/problem'
import { PageHeader } from '../parts/PageHeader'
import { Problem } from '../parts/Problem'
import { sayDone } from '../parts/saying'
import { format, t } from '../text'
import { settings } from '../text/settings'
import { Section } from './Section'
import { UploadsSection } from './UploadsSection'
import { useSave, useSettings } from './useSettings'

const words = settings.limits

/** How much may happen unseen, and how long history is kept. */
export function Page() {
  const found = useSettings()
  return (
    <>
      <PageHeader title={words.title} about={words.about} />
      {found.error && <Problem error={found.error} onRetry={() => found.refetch()} />}
      {found.data ? (
        <>
          <QuotasSection />
          <CapsSection now={found.data.caps} />
          <RetentionSection now={found.data.retention} />
          <UploadsSection />
        </>
      ) : (
        !found.error && <Skeleton height={320} />
      )}
    </>
  )
}

/** How many workflows there may be, beside how many there are. */
function QuotasSection() {
  const found = useQuery(getQuotasOptions())
  const cache = useQueryClient()
  const save = useMutation({
    mutationFn: (body: Quotas) => api.setQuotas({ body, throwOnError: true }),
    onSuccess: () => {
      sayDone(words.saved)
      cache.invalidateQueries({ queryKey: getQuotasQueryKey() })
    },
  })
  if (found.error) return <Problem error={found.error} onRetry={() => found.refetch()} />
  if (!found.data) return <Skeleton height={120} mb="md" />
  const { active_and_disabled: all, scheduled } = found.data
  return (
    <Numbers
      title={words.quotas}
      about={words.quotasAbout}
      keys={['active_and_disabled', 'scheduled'] as const}
      now={{ active_and_disabled: all.limit, scheduled: scheduled.limit }}
      notes={{
        active_and_disabled: words.used(all.used, all.limit),
        scheduled: words.used(scheduled.used, scheduled.limit),
      }}
      empty={words.unlimited}
      save={save}
    />
  )
}

const CAPS = ['first_messages', 'workflow_per_hour', 'recipient_per_day', 'organisation_per_day'] as const

function CapsSection({ now }: { now: SettingsOut['caps'] }) {
  const save = useSave((body: SettingsOut['caps']) => api.setCaps({ body, throwOnError: true }), words.saved)
  return (
    <Numbers
      title={words.caps}
      about={words.capsAbout}
      keys={CAPS}
      now={now}
      empty={words.unlimited}
      save={save}
    />
  )
}

const KEPT = ['runs', 'changes', 'messages', 'work'] as const

function RetentionSection({ now }: { now: SettingsOut['retention'] }) {
  const save = useSave(
    (body: SettingsOut['retention']) => api.setRetention({ body, throwOnError: true }),
    words.saved,
  )
  return <Numbers title={words.retention} about={words.retentionAbout} keys={KEPT} now={now} save={save} />
}

export interface NumbersProps<Sent> {
  title: string
  about: string
  keys: readonly (keyof Sent & keyof typeof words & string)[]
  now: Sent
  /** Beside an input: how much of it is used. */
  notes?: Partial<Record<keyof Sent, string>>
  /** What an empty field means; left out: it must be filled in. */
  empty?: string
  save: { mutate: (sent: Sent) => void; isPending: boolean; error: Error | null }
}

/** A card of numbers that are saved together. */
export function Numbers<Sent extends object>({
  title,
  about,
  keys,
  now,
  notes,
  empty,
  save,
}: NumbersProps<Sent>) {
  const [draft, setDraft] = useState(now)
  const problem = save.error ? asProblem(save.error) : null
  const submit = (event: FormEvent) => {
    event.preventDefault()
    save.mutate(draft)
  }
  return (
    <form onSubmit={submit}>
      <Section title={title} about={about}>
        {problem && <Problem error={problem} />}
        <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="sm">
          {keys.map((key) => (
            <NumberInput
              key={key}
              label={String(words[key])}
              description={[empty, notes?.[key]].filter(Boolean).join(' · ')}
              required={!empty}
              min={0}
              allowDecimal={false}
              thousandSeparator={format.groups}
              value={(draft[key] as number | null) ?? ''}
              error={problem?.at(`/${key}`)}
              onChange={(value) => setDraft({ ...draft, [key]: value === '' ? null : Number(value) })}
            />
          ))}
        </SimpleGrid>
        <Group justify="flex-end">
          <Button
            type="submit"
            variant="default"
            loading={save.isPending}
            aria-label={t.common.saveOf(title)}
          >
            {t.common.save}
          </Button>
        </Group>
      </Section>
    </form>
  )
}
