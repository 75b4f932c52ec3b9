import {
  Alert,
  Button,
  Checkbox,
  Group,
  MultiSelect,
  NumberInput,
  Select,
  Stack,
  Text,
  TextInput,
} from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { listViewsOptions, type PublishedFeed, publishFeedMutation, type View } from '../../api'
import { asProblem } from '../../api/problem'
import { useMe } from '../../app/useMe'
import { ModuleSelect } from '../../form/ModuleSelect'
import { Problem } from '../../parts/Problem'
import { ShownOnce } from '../../parts/ShownOnce'
import { readableFields, useModule, usualColumns } from '../../records/model'
import { t as shared } from '../../text'
import { feeds as t } from '../../text/feeds'

interface Props {
  onMade: () => void
  onClose: () => void
}

/** Which records, which columns, for how long; then the addresses, once. */
export function NewFeed({ onMade, onClose }: Props) {
  const me = useMe()
  const [module, setModule] = useState<string | null>(null)
  const [view, setView] = useState<View | null>(null)
  const [columns, setColumns] = useState<string[] | null>(null)
  const [name, setName] = useState<string | null>(null)
  const [ids, setIds] = useState(false)
  const [days, setDays] = useState<number | string>(90)
  const known = useModule(module ?? '')
  const views = useQuery({
    ...listViewsOptions({ query: { module: module ?? '' } }),
    enabled: module !== null,
  })
  const publish = useMutation({ ...publishFeedMutation(), onSuccess: onMade })
  const fields = known ? readableFields(known, me).filter((field) => field.type !== 'line_items') : []
  const usual = known
    ? usualColumns(known, me).filter((key) => fields.some((field) => field.key === key))
    : []
  const chosen = columns ?? (view?.definition.columns?.length ? view.definition.columns : usual)
  const called = name ?? view?.name ?? known?.label_plural ?? ''
  const choose = (key: string | null) => {
    setModule(key)
    setView(null)
    setColumns(null)
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (!module || typeof days !== 'number') return
    const definition = {
      where: view?.definition.where ?? null,
      sort: view?.definition.sort ?? [],
      columns: chosen,
    }
    publish.mutate({ body: { name: called, module, definition, ids, days } })
  }
  if (publish.data) return <Made feed={publish.data} onClose={onClose} />
  const problem = publish.error ? asProblem(publish.error) : null
  const at = (path: string) => problem?.at(path)
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        {publish.error && <Problem error={publish.error} />}
        <ModuleSelect label={t.module} required all value={module} onChange={choose} />
        {(views.data?.items.length ?? 0) > 0 && (
          <Select
            label={t.view}
            description={t.viewAbout}
            placeholder={t.noView}
            clearable
            data={views.data?.items.map((one) => ({ value: String(one.id), label: one.name })) ?? []}
            value={view ? String(view.id) : null}
            onChange={(id) => {
              setView(views.data?.items.find((one) => String(one.id) === id) ?? null)
              setColumns(null)
            }}
          />
        )}
        {known && (
          <>
            <MultiSelect
              label={t.columns}
              description={t.columnsAbout}
              required
              searchable
              data={fields.map((field) => ({ value: field.key, label: field.label }))}
              value={chosen}
              onChange={setColumns}
              error={at('/definition/columns')}
            />
            <TextInput
              label={t.name}
              description={t.nameAbout}
              required
              maxLength={200}
              value={called}
              onChange={(event) => setName(event.currentTarget.value)}
              error={at('/name')}
            />
            <NumberInput
              label={t.days}
              required
              min={1}
              max={366}
              allowDecimal={false}
              value={days}
              onChange={setDays}
              suffix={t.daysSuffix(Number(days))}
              error={at('/days')}
              maw={220}
            />
            <Checkbox label={t.ids} checked={ids} onChange={(event) => setIds(event.currentTarget.checked)} />
          </>
        )}
        <Text size="sm" c="dimmed">
          {t.anyone}
        </Text>
        <Group justify="flex-end">
          <Button type="submit" loading={publish.isPending} disabled={!known || chosen.length === 0}>
            {t.submit}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

function Made({ feed, onClose }: { feed: PublishedFeed; onClose: () => void }) {
  const here = window.location.origin
  return (
    <Stack gap="sm">
      <Text fw={500}>{t.made}</Text>
      <Alert color="yellow">{t.once}</Alert>
      <ShownOnce label={t.csv} value={here + feed.csv_path} />
      <ShownOnce label={t.json} value={here + feed.json_path} />
      <Group justify="flex-end">
        <Button onClick={onClose}>{shared.common.close}</Button>
      </Group>
    </Stack>
  )
}
