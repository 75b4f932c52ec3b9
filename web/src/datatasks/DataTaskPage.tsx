import { Alert, Button, Grid, Group, Paper, Skeleton, Stack, Text, Textarea, TextInput } from '@mantine/core'
import { IconCalendarPlus, IconEye } from '@tabler/icons-react'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { useNavigate, useParams, useSearchParams } from 'react-router'
import {
  asProblem,
  changeDataTaskMutation,
  createDataTaskMutation,
  type DataTask,
  type DataTaskOut,
  getDataTaskOptions,
  getDataTaskSchemaOptions,
  queries,
  tryDataTaskMutation,
} from '../api'
import { type Config, NOWHERE, NodeForm } from '../form'
import { BackLink } from '../parts/BackLink'
import { PageHeader } from '../parts/PageHeader'
import { PageProblem } from '../parts/PageProblem'
import { Problem } from '../parts/Problem'
import { sayDone } from '../parts/saying'
import { dataTasks as t } from '../text/dataTasks'
import { AddToSchedule } from './AddToSchedule'
import { DataTaskDeeds } from './DataTaskDeeds'
import { Outcome } from './Outcome'

/** One data task, or a new one: what it does, what it would do now, and its deeds. */
export function Page() {
  const key = useParams().key ?? 'new'
  const found = useQuery({ ...getDataTaskOptions({ path: { key } }), enabled: key !== 'new' })
  const schema = useQuery({ ...getDataTaskSchemaOptions(), staleTime: Number.POSITIVE_INFINITY })
  const error = found.error ?? schema.error
  const retry = () => {
    found.refetch()
    schema.refetch()
  }
  if (error) return <PageProblem error={error} onRetry={retry} />
  if (!schema.data || (key !== 'new' && !found.data)) return <Skeleton height={480} />
  return <Editor key={key} task={found.data ?? null} schema={schema.data.definition} />
}

function Editor({ task, schema }: { task: DataTaskOut | null; schema: unknown }) {
  const navigate = useNavigate()
  const [name, setName] = useState(task?.name ?? '')
  const [description, setDescription] = useState(task?.description ?? '')
  const [definition, setDefinition] = useState<Config>(task?.definition ?? {})
  const [touched, setTouched] = useState(task === null)
  const [params, setParams] = useSearchParams()
  const [scheduling, setScheduling] = useState(params.has('schedule'))
  const attempt = useMutation(tryDataTaskMutation())
  const wants = useRef(false)
  const done = (saved: DataTaskOut) => {
    sayDone(t.saved)
    setTouched(false)
    for (const _id of ['listDataTasks', 'getDataTask']) queries.invalidateQueries({ queryKey: [{ _id }] })
    // A new task has a page of its own now; what was wanted next is asked there.
    if (!task) navigate(`/data-tasks/${saved.key}${wants.current ? '?schedule=1' : ''}`, { replace: true })
    else if (wants.current) setScheduling(true)
    wants.current = false
  }
  const create = useMutation({ ...createDataTaskMutation(), onSuccess: done })
  const change = useMutation({ ...changeDataTaskMutation(), onSuccess: done })
  // What a form holds may lack anything: the server says what is missing, at its place.
  const body = { name, description, definition: definition as unknown as DataTask }
  const save = (etag?: string) =>
    task
      ? change.mutate({ path: { key: task.key }, body, headers: etag ? { 'If-Match': etag } : {} })
      : create.mutate({ body })
  /** What is not saved yet is saved first: a schedule runs what is saved. */
  const schedule = () => {
    wants.current = touched
    if (touched) save(task?.etag)
    else setScheduling(true)
  }
  const closeSchedule = () => {
    setScheduling(false)
    setParams({}, { replace: true })
  }
  const error = create.error ?? change.error
  const problem = error ? asProblem(error) : null
  const tried = attempt.error ? asProblem(attempt.error) : null
  const wrong = (problem ?? tried)?.problems ?? []
  const below = wrong
    .filter((one) => one.path.startsWith('/definition'))
    .map((one) => ({ ...one, path: one.path.slice('/definition'.length) }))
  const edit = <T,>(set: (value: T) => void) => {
    return (value: T) => {
      set(value)
      setTouched(true)
    }
  }
  const module = typeof definition.module === 'string' ? definition.module : null
  return (
    <>
      <BackLink to="/data-tasks">{t.back}</BackLink>
      <PageHeader title={task?.name ?? t.newTitle}>
        {task && <DataTaskDeeds task={task} touched={touched} />}
        <Button
          variant="default"
          leftSection={<IconCalendarPlus size={16} />}
          onClick={schedule}
          loading={wants.current && (create.isPending || change.isPending)}
        >
          {t.schedule}
        </Button>
        <Button
          onClick={() => {
            wants.current = false
            save(task?.etag)
          }}
          disabled={!touched}
          loading={create.isPending || change.isPending}
        >
          {t.save}
        </Button>
      </PageHeader>
      {problem?.conflict && (
        <Alert color="orange" mb="sm" role="alert" title={t.conflict}>
          <Button size="xs" variant="default" onClick={() => save()}>
            {t.saveAnyway}
          </Button>
        </Alert>
      )}
      {problem && !problem.conflict && <Problem error={problem} title={t.notSaved} />}
      {task && scheduling && <AddToSchedule task={task.key} onClose={closeSchedule} />}
      <Grid gap="md">
        <Grid.Col span={{ base: 12, lg: 6 }}>
          <Paper className="surface" p="md">
            <Stack gap="sm">
              <TextInput
                label={t.name}
                withAsterisk
                value={name}
                maxLength={200}
                onChange={(event) => edit(setName)(event.currentTarget.value)}
                error={problem?.at('/name')}
              />
              <Textarea
                label={t.description}
                autosize
                minRows={1}
                value={description}
                onChange={(event) => edit(setDescription)(event.currentTarget.value)}
              />
              <NodeForm
                schema={schema}
                value={definition}
                onChange={edit(setDefinition)}
                context={{ ...NOWHERE, module }}
                problems={below}
              />
            </Stack>
          </Paper>
        </Grid.Col>
        <Grid.Col span={{ base: 12, lg: 6 }}>
          <Stack gap="sm">
            <Group>
              <Button
                variant="default"
                leftSection={<IconEye size={16} />}
                loading={attempt.isPending}
                onClick={() => attempt.mutate({ body: { definition: body.definition } })}
              >
                {t.try}
              </Button>
            </Group>
            {tried && <Problem error={tried} />}
            {attempt.data && <Outcome result={attempt.data} />}
            {!attempt.data && !tried && (
              <Text size="sm" c="dimmed">
                {t.about}
              </Text>
            )}
          </Stack>
        </Grid.Col>
      </Grid>
    </>
  )
}
