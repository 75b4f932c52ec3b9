import { Alert, Button, Group, Select, Skeleton, Stack, Switch, Text } from '@mantine/core'
import { IconCalendarUser } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { Link, useSearchParams } from 'react-router'
import {
  asProblem,
  getDutyRosterOptions,
  getDutyRosterQueryKey,
  listGroupsOptions,
  type RosterOut,
  setDutyRosterMutation,
} from '../../api'
import { UserSelect } from '../../form/UserSelect'
import { Empty } from '../../parts/Empty'
import { PageHeader } from '../../parts/PageHeader'
import { Problem } from '../../parts/Problem'
import { sayDone } from '../../parts/saying'
import { AbsenceSection } from '../../people/AbsenceSection'
import { t as shared } from '../../text'
import { duty as t } from '../../text/duty'
import { Section } from '../Section'
import { DutyPreview } from './DutyPreview'
import { Exceptions, Shifts } from './DutyRows'

/** Who of a group is on duty when, and who is away. */
export function Page() {
  const groups = useQuery(listGroupsOptions({ query: { limit: 200 } }))
  const [params, setParams] = useSearchParams()
  const all = groups.data?.items ?? []
  const group = all.find((one) => one.key === params.get('group')) ?? all[0]
  return (
    <>
      <PageHeader title={t.title} about={t.about} />
      {groups.error && <Problem error={groups.error} onRetry={() => groups.refetch()} />}
      {groups.isPending && <Skeleton height={320} />}
      {groups.data && !group && (
        <Empty icon={IconCalendarUser} title={t.noGroups} about={t.noGroupsAbout}>
          <Button component={Link} to="/settings/groups">
            {t.toGroups}
          </Button>
        </Empty>
      )}
      {group && (
        <>
          <Select
            mb="md"
            maw={320}
            label={t.group}
            allowDeselect={false}
            searchable
            data={all.map((one) => ({ value: one.key, label: one.name }))}
            value={group.key}
            onChange={(key) => key && setParams({ group: key }, { replace: true })}
          />
          <Roster key={group.key} group={group.key} name={group.name} />
        </>
      )}
      {groups.data && <AbsenceSection everyone />}
    </>
  )
}

function Roster({ group, name }: { group: string; name: string }) {
  const found = useQuery({ ...getDutyRosterOptions({ path: { key: group } }), staleTime: 0 })
  if (found.error) return <Problem error={found.error} onRetry={() => found.refetch()} />
  return found.data ? <RosterForm now={found.data} group={group} name={name} /> : <Skeleton height={320} />
}

function RosterForm({ now, group, name }: { now: RosterOut; group: string; name: string }) {
  const [{ etag, ...roster }, setDraft] = useState(now)
  const set = (change: Partial<RosterOut>) => setDraft((before) => ({ ...before, ...change }))
  const cache = useQueryClient()
  const save = useMutation({
    ...setDutyRosterMutation(),
    onSuccess: (kept) => {
      setDraft(kept)
      cache.setQueryData(getDutyRosterQueryKey({ path: { key: group } }), kept)
      sayDone(t.saved(name))
    },
  })
  const problem = save.error ? asProblem(save.error) : null
  const send = (seen: string) =>
    save.mutate({ path: { key: group }, body: roster, headers: { 'If-Match': seen } })
  return (
    <>
      <Section title={t.week} about={t.weekAbout}>
        {problem && !problem.conflict && <Problem error={problem} />}
        <Shifts rows={roster.shifts} onChange={(shifts) => set({ shifts })} />
        <Switch
          label={t.holidays}
          description={t.holidaysAbout}
          checked={roster.on_holidays === 'as_usual'}
          onChange={(event) => set({ on_holidays: event.currentTarget.checked ? 'as_usual' : 'otherwise' })}
        />
      </Section>
      <Section title={t.exceptions} about={t.exceptionsAbout}>
        <Exceptions rows={roster.exceptions} onChange={(exceptions) => set({ exceptions })} />
      </Section>
      <Section title={t.rest}>
        <UserSelect
          label={t.otherwise}
          value={roster.otherwise}
          onChange={(otherwise) => set({ otherwise })}
          placeholder={t.nobody}
        />
      </Section>
      {problem?.conflict && (
        <Alert color="orange" role="alert" title={t.conflict} mb="md">
          <Text size="sm" mb="xs">
            {t.conflictMore}
          </Text>
          <Button size="xs" variant="default" onClick={() => send('*')}>
            {t.saveAnyway}
          </Button>
        </Alert>
      )}
      <Stack gap="md" mb="md">
        <Group justify="flex-end">
          <Button onClick={() => send(etag)} loading={save.isPending}>
            {shared.common.save}
          </Button>
        </Group>
        <DutyPreview group={group} roster={roster} />
      </Stack>
    </>
  )
}
