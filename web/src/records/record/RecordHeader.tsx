import { ActionIcon, Anchor, Button, Group, Menu, Text, Title } from '@mantine/core'
import { IconBolt, IconDots, IconEraser, IconHelpCircle, IconTrash, IconUser } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { Link, useNavigate } from 'react-router'
import {
  deleteRecordMutation,
  eraseRecordMutation,
  listStartableOnRecordOptions,
  type ModuleOut,
  type RecordOut,
  type Startable,
  startWorkflowMutation,
} from '../../api'
import { may, useMe } from '../../app/useMe'
import { confirm } from '../../parts/confirm'
import { sayDone, sayProblem } from '../../parts/saying'
import { t as shared } from '../../text'
import { records as t } from '../../text/records'
import { RecordTitle } from '../fields/RecordTitle'
import { type Titles, titleOf } from '../model'
import { forgetLists, forgetRecord } from './cache'
import { WhyDrawer } from './WhyDrawer'

interface Props {
  module: ModuleOut
  record: RecordOut
  titles: Titles
  dirty: boolean
  onGone: () => void
}

/** What the record is, whose it is, and what can be done with it. */
export function RecordHeader({ module, record, titles, onGone }: Props) {
  const me = useMe()
  const [why, setWhy] = useState(false)
  const title = headingOf(module, record, titles)
  useEffect(() => {
    document.title = `${title} · ${module.label} · ${shared.frame.product}`
  }, [title, module.label])
  const owner = module.owner_field ? record.values[module.owner_field] : undefined
  return (
    <Group justify="space-between" align="flex-start" mb="md" gap="sm">
      <div style={{ minWidth: 0, flex: '1 1 320px' }}>
        <Anchor component={Link} to={`/records/${module.key}`} size="xs">
          {module.label_plural}
        </Anchor>
        <Title order={1} style={{ overflowWrap: 'anywhere' }} lineClamp={3} dir="auto">
          {title}
        </Title>
        {owner !== undefined && (
          <Group gap={4}>
            <IconUser size={14} aria-hidden />
            <Text size="sm" c="dimmed">
              {owner === null ? (
                t.noOwner
              ) : (
                <>
                  {t.owner}: <RecordTitle module="users" id={String(owner)} />
                </>
              )}
            </Text>
          </Group>
        )}
      </div>
      <Group gap="xs">
        {(me.builder || me.administrator) && (
          <Button
            variant="subtle"
            color="gray"
            size="xs"
            leftSection={<IconHelpCircle size={16} />}
            onClick={() => setWhy(true)}
            data-testid="why-open"
          >
            {t.why}
          </Button>
        )}
        <WorkflowButtons module={module} record={record} title={title} />
        <MoreActions module={module} record={record} title={title} onGone={onGone} />
      </Group>
      <WhyDrawer module={module} record={record} opened={why} onClose={() => setWhy(false)} />
    </Group>
  )
}

/** The title; of a title that is a reference, what that is called. */
function headingOf(module: ModuleOut, record: RecordOut, titles: Titles): string {
  const key = module.title_field
  const named = key ? titles[key]?.[String(record.values[key])] : undefined
  return named === undefined || named === null ? titleOf(module, record) : String(named)
}

function WorkflowButtons({ module, record, title }: { module: ModuleOut; record: RecordOut; title: string }) {
  const cache = useQueryClient()
  const found = useQuery(listStartableOnRecordOptions({ path: { module: module.key, record_id: record.id } }))
  const start = useMutation({
    ...startWorkflowMutation(),
    onSuccess: (done) => {
      if (done.started > 0) sayDone(t.started(done.started))
      else sayProblem(new Error(t.leftOut(1)), t.notStarted)
      forgetRecord(cache, module.key, record.id)
    },
    onError: (error) => sayProblem(error, t.notStarted),
  })
  const ask = async (flow: Startable) => {
    const yes = await confirm({
      title: t.startSure(flow.button || flow.name),
      about: t.startOnThis(title),
      yes: t.start,
    })
    if (yes) start.mutate({ path: { key: flow.key }, body: { records: [record.id] } })
  }
  const flows = found.data?.items ?? []
  const button = (flow: Startable) => (
    <Button
      key={flow.key}
      size="xs"
      variant="default"
      leftSection={<IconBolt size={15} />}
      disabled={flow.paused}
      title={flow.paused ? t.paused : flow.description || undefined}
      loading={start.isPending && start.variables?.path.key === flow.key}
      onClick={() => ask(flow)}
    >
      {flow.button || flow.name}
    </Button>
  )
  if (flows.length <= 2) return flows.map(button)
  return (
    <Menu>
      <Menu.Target>
        <Button size="xs" variant="default" leftSection={<IconBolt size={15} />}>
          {t.bulkStart}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {flows.map((flow) => (
          <Menu.Item key={flow.key} disabled={flow.paused} onClick={() => ask(flow)}>
            {flow.button || flow.name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}

function MoreActions({ module, record, title, onGone }: Omit<Props, 'titles' | 'dirty'> & { title: string }) {
  const me = useMe()
  const navigate = useNavigate()
  const cache = useQueryClient()
  const gone = (said: string) => {
    onGone()
    forgetLists(cache, module.key)
    sayDone(said)
    // After this turn, so that nothing unsaved stands in the way any more.
    setTimeout(() => navigate(`/records/${module.key}`), 0)
  }
  const remove = useMutation({
    ...deleteRecordMutation(),
    onSuccess: () => gone(t.deleted(1)),
    onError: (error) => sayProblem(error, t.notDeleted),
  })
  const erase = useMutation({
    ...eraseRecordMutation(),
    onSuccess: () => gone(t.erased(title)),
    onError: (error) => sayProblem(error, t.notErased),
  })
  const path = { module: module.key, record_id: record.id }
  if (module.read_only || !may(me, 'delete', module.key)) return null
  const ask = async () => {
    const yes = await confirm({
      title: t.deleteSure(title),
      about: t.deleteAbout,
      yes: shared.common.delete,
      danger: true,
    })
    if (yes) remove.mutate({ path })
  }
  const askToErase = async () => {
    const question = { title: t.eraseSure(title), about: t.eraseAbout, yes: t.eraseYes, danger: true }
    if (await confirm(question)) erase.mutate({ path })
  }
  return (
    <Menu>
      <Menu.Target>
        <ActionIcon
          variant="default"
          size={30}
          aria-label={t.moreActions}
          loading={remove.isPending || erase.isPending}
        >
          <IconDots size={16} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item color="red" leftSection={<IconTrash size={15} />} onClick={ask}>
          {t.deleteRecord}
        </Menu.Item>
        {me.administrator && (
          <Menu.Item color="red" leftSection={<IconEraser size={15} />} onClick={askToErase}>
            {t.eraseRecord}
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  )
}
