import {
  Alert,
  Button,
  Checkbox,
  Group,
  MultiSelect,
  NumberInput,
  Stack,
  Text,
  TextInput,
} from '@mantine/core'
import { IconBroadcast } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, type ReactNode, useState } from 'react'
import { Link } from 'react-router'
import { publishFeedMutation, type View } from '../../api'
import { useMe } from '../../app/useMe'
import { type Condition, ConditionSummary } from '../../conditions'
import { Problem } from '../../parts/Problem'
import { ShownOnce } from '../../parts/ShownOnce'
import { readableFields, useModule, usualColumns } from '../../records/model'
import { feeds } from '../../text/feeds'
import { wizard as t } from '../../text/wizard'
import { Asked, type Question } from './Asked'
import { ListStep } from './ListStep'

const LABELS = { list: t.steps.list, columns: t.steps.columns }

/** A list at a web address; what it publishes is always as of now, so there is no workflow. */
export function ExportWizard() {
  const me = useMe()
  const [module, setModule] = useState<string | null>(null)
  const [view, setView] = useState<View | null>(null)
  const [where, setWhere] = useState<Condition | null>(null)
  const [columns, setColumns] = useState<string[] | null>(null)
  const [name, setName] = useState<string | null>(null)
  const [ids, setIds] = useState(false)
  const [days, setDays] = useState<number | string>(90)
  const [published, setPublished] = useState(false)
  const known = useModule(module ?? '')
  const fields = known ? readableFields(known, me).filter((field) => field.type !== 'line_items') : []
  const usual = known ? usualColumns(known, me) : []
  const wanted = columns ?? (view?.definition.columns?.length ? view.definition.columns : usual)
  const chosen = wanted.filter((key) => fields.some((field) => field.key === key))
  const called = name ?? view?.name ?? known?.label_plural ?? ''
  const choose = (key: string | null) => {
    setModule(key)
    setView(null)
    setWhere(null)
    setColumns(null)
  }
  const questions: Question[] = [
    {
      key: 'list',
      label: LABELS.list,
      title: t.list.title,
      about: t.list.about,
      missing: module ? null : t.whom.moduleNeeded,
      body: (
        <ListStep
          module={module}
          where={where}
          view={view}
          onModule={choose}
          onWhere={setWhere}
          onView={(next) => {
            setView(next)
            setWhere((next?.definition.where as Condition | null | undefined) ?? null)
            setColumns(null)
          }}
        />
      ),
    },
    {
      key: 'columns',
      label: LABELS.columns,
      title: t.columns.title,
      about: t.columns.about,
      missing:
        chosen.length === 0
          ? t.columns.needed
          : !called.trim()
            ? t.fields.nameNeeded
            : typeof days === 'number'
              ? null
              : t.missing,
      body: (
        <Stack gap="sm">
          <MultiSelect
            label={feeds.columns}
            withAsterisk
            searchable
            data={fields.map((field) => ({ value: field.key, label: field.label }))}
            value={chosen}
            onChange={setColumns}
          />
          <TextInput
            label={feeds.name}
            description={feeds.nameAbout}
            withAsterisk
            maxLength={200}
            value={called}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <NumberInput
            label={feeds.days}
            withAsterisk
            min={1}
            max={366}
            allowDecimal={false}
            value={days}
            onChange={setDays}
            suffix={feeds.daysSuffix(Number(days))}
            maw={220}
          />
          <Checkbox
            label={feeds.ids}
            checked={ids}
            onChange={(event) => setIds(event.currentTarget.checked)}
          />
        </Stack>
      ),
    },
  ]
  const labels = new Map(fields.map((field) => [field.key, field.label]))
  const body = {
    name: called.trim(),
    module: module ?? '',
    definition: {
      where: where as Record<string, unknown> | null,
      sort: view?.definition.sort ?? [],
      columns: chosen,
    },
    ids,
    days: typeof days === 'number' ? days : 90,
  }
  return (
    <Asked
      questions={questions}
      over={published ? feeds.made : null}
      summary={(_goTo, back) => (
        <Published
          back={back}
          onPublished={() => setPublished(true)}
          body={body}
          columns={chosen.map((key) => labels.get(key) ?? key)}
          records={known?.label_plural ?? ''}
        />
      )}
    />
  )
}

interface PublishedProps {
  body: {
    name: string
    module: string
    definition: { where: Record<string, unknown> | null; sort: string[]; columns: string[] }
    ids: boolean
    days: number
  }
  columns: string[]
  records: string
  back: ReactNode
  onPublished: () => void
}

function Published({ body, columns, records, back, onPublished }: PublishedProps) {
  const publish = useMutation({ ...publishFeedMutation(), onSuccess: onPublished })
  const here = window.location.origin
  if (publish.data)
    return (
      <Stack gap="sm">
        <Alert color="yellow">{feeds.once}</Alert>
        <ShownOnce label={feeds.csv} value={here + publish.data.csv_path} />
        <ShownOnce label={feeds.json} value={here + publish.data.json_path} />
        <Group justify="flex-end">
          <Button component={Link} to="/settings/published" variant="default">
            {t.exported.all}
          </Button>
        </Group>
      </Stack>
    )
  const where = body.definition.where
  return (
    <form
      onSubmit={(event: FormEvent) => {
        event.preventDefault()
        publish.mutate({ body })
      }}
    >
      <Stack gap="sm">
        <div>
          <Text fw={500}>{body.name}</Text>
          <Text size="sm" c="dimmed">
            {records}
          </Text>
        </div>
        {where ? (
          <div>
            <Text size="sm">{t.exported.only}:</Text>
            <ConditionSummary module={body.module} value={where as Condition} />
          </div>
        ) : (
          <Text size="sm">{t.exported.every}</Text>
        )}
        <Text size="sm">
          {feeds.columns}: {columns.join(', ')}
        </Text>
        <Text size="sm">
          {t.exported.good(body.days)}
          {body.ids ? `. ${t.exported.ids}` : ''}
        </Text>
        <Alert color="blue" icon={<IconBroadcast aria-hidden />}>
          {t.exported.live}
        </Alert>
        <Text size="sm" c="dimmed">
          {feeds.anyone}
        </Text>
        {publish.error && <Problem error={publish.error} title={t.exported.notMade} />}
        <Group justify="space-between">
          {back}
          <Button type="submit" loading={publish.isPending}>
            {t.exported.finish}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
