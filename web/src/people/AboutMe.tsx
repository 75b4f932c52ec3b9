import { Button, Group, Select, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { changeMeMutation, getMeQueryKey, type Me } from '../api'
import { asProblem } from '../api/problem'
import { Problem } from '../parts/Problem'
import { sayDone } from '../parts/saying'
import { Section } from '../settings/Section'
import { timeZones } from '../setup/answers'
import { t } from '../text'
import { LOCALES, profile as words } from '../text/profile'

/** Name, phone, language and time zone. */
export function AboutMe({ me }: { me: Me }) {
  const [draft, setDraft] = useState({
    name: me.user.name,
    phone: me.user.phone ?? '',
    locale: me.user.locale,
    time_zone: me.user.time_zone,
  })
  const cache = useQueryClient()
  const save = useMutation({
    ...changeMeMutation(),
    onSuccess: (changed) => {
      cache.setQueryData(getMeQueryKey(), changed)
      sayDone(words.saved)
    },
  })
  const problem = save.error ? asProblem(save.error) : null
  const submit = (event: FormEvent) => {
    event.preventDefault()
    save.mutate({ body: { ...draft, name: draft.name.trim(), phone: draft.phone.trim() || null } })
  }
  return (
    <form onSubmit={submit}>
      <Section title={words.you}>
        {problem && <Problem error={problem} />}
        <TextInput
          label={words.name}
          required
          autoComplete="name"
          value={draft.name}
          error={problem?.at('/name')}
          onChange={(event) => setDraft({ ...draft, name: event.currentTarget.value })}
        />
        <TextInput label={words.email} description={words.emailAbout} value={me.user.email} readOnly />
        <TextInput
          label={words.phone}
          type="tel"
          autoComplete="tel"
          value={draft.phone}
          error={problem?.at('/phone')}
          onChange={(event) => setDraft({ ...draft, phone: event.currentTarget.value })}
        />
        <Select
          label={words.locale}
          description={words.localeAbout}
          clearable
          searchable
          data={languages(draft.locale)}
          value={draft.locale}
          error={problem?.at('/locale')}
          onChange={(locale) => setDraft({ ...draft, locale })}
        />
        <Select
          label={words.timeZone}
          description={words.timeZoneAbout}
          clearable
          searchable
          data={timeZones()}
          value={draft.time_zone}
          error={problem?.at('/time_zone')}
          onChange={(zone) => setDraft({ ...draft, time_zone: zone })}
        />
        <Group justify="flex-end">
          <Button type="submit" loading={save.isPending}>
            {t.common.save}
          </Button>
        </Group>
      </Section>
    </form>
  )
}

/** Each language in its own words. */
function languages(chosen: string | null): { value: string; label: string }[] {
  const tags = chosen && !LOCALES.includes(chosen) ? [chosen, ...LOCALES] : LOCALES
  return tags.map((tag) => ({
    value: tag,
    label: new Intl.DisplayNames([tag], { type: 'language' }).of(tag) ?? tag,
  }))
}
