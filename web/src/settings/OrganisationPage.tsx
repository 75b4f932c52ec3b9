import { Button, Group, Select, SimpleGrid, Skeleton, TextInput } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { api, type Organisation, type SettingsOut } from '../api'
import { asProblem } from '../api/problem'
import { PageHeader } from '../parts/PageHeader'
import { Problem } from '../parts/Problem'
import { timeZones } from '../setup/answers'
import { t } from '../text'
import { settings } from '../text/settings'
import { countries } from './countries'
import { HolidaysSection } from './HolidaysSection'
import { LogoSection } from './LogoSection'
import { Section } from './Section'
import { useSave, useSettings } from './useSettings'
import { WorkingHoursSection } from './WorkingHoursSection'

const words = settings.organisation

/** What the organisation is called, where it is, and when it works. */
export function Page() {
  const found = useSettings()
  return (
    <>
      <PageHeader title={words.title} about={words.about} />
      {found.error && <Problem error={found.error} onRetry={() => found.refetch()} />}
      {found.data ? <Parts settings={found.data} /> : !found.error && <Skeleton height={420} />}
    </>
  )
}

function Parts({ settings: now }: { settings: SettingsOut }) {
  return (
    <>
      <Identity now={now.organisation} />
      <LogoSection />
      <WorkingHoursSection now={now.working_hours} />
      <HolidaysSection now={now.holidays.days} />
    </>
  )
}

const IDENTITY = [
  'name',
  'legal_name',
  'email',
  'phone',
  'website',
  'address',
  'postal_code',
  'city',
  'country',
  'tax_id',
] as const

function Identity({ now }: { now: Organisation }) {
  const [draft, setDraft] = useState(now)
  const save = useSave((body: Organisation) => api.setOrganisation({ body, throwOnError: true }), words.saved)
  const problem = save.error ? asProblem(save.error) : null
  const set = (key: keyof Organisation, value: string | null) => setDraft({ ...draft, [key]: value || null })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    save.mutate(draft)
  }
  return (
    <form onSubmit={submit}>
      <Section title={words.identity}>
        {problem && <Problem error={problem} />}
        <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="sm">
          {IDENTITY.map((key) => (
            <TextInput
              key={key}
              label={words[key]}
              value={draft[key] ?? ''}
              error={problem?.at(`/${key}`)}
              onChange={(event) => set(key, event.currentTarget.value)}
            />
          ))}
          <Select
            label={words.phone_country}
            description={words.phone_countryAbout}
            placeholder={words.phone_countryNone}
            searchable
            clearable
            data={countries()}
            value={draft.phone_country ?? null}
            error={problem?.at('/phone_country')}
            onChange={(value) => set('phone_country', value)}
          />
          <Select
            label={words.time_zone}
            searchable
            data={timeZones()}
            value={draft.time_zone ?? 'UTC'}
            error={problem?.at('/time_zone')}
            onChange={(value) => set('time_zone', value)}
          />
          <TextInput
            label={words.currency}
            description={words.currencyAbout}
            maxLength={3}
            value={draft.currency ?? ''}
            error={problem?.at('/currency')}
            onChange={(event) => set('currency', event.currentTarget.value.toUpperCase())}
          />
          <TextInput
            label={words.locale}
            description={words.localeAbout}
            value={draft.locale ?? ''}
            error={problem?.at('/locale')}
            onChange={(event) => set('locale', event.currentTarget.value)}
          />
        </SimpleGrid>
        <Group justify="flex-end">
          <Button type="submit" loading={save.isPending}>
            {t.common.save}
          </Button>
        </Group>
      </Section>
    </form>
  )
}
