import { Button, Grid, NumberInput, Paper, Skeleton, Stack, Textarea, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { keepPreviousData, useMutation, useQuery } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import { useParams } from 'react-router'
import {
  api,
  asProblem,
  changeStrategyMutation,
  getStrategyOptions,
  getStrategySchemaOptions,
  publishStrategyMutation,
  queries,
  type StrategyOut,
  type StrategySchema,
} from '../../api'
import { type Config, NOWHERE, NodeForm, type Schema } from '../../form'
import { BackLink } from '../../parts/BackLink'
import { PageHeader } from '../../parts/PageHeader'
import { PageProblem } from '../../parts/PageProblem'
import { Problem } from '../../parts/Problem'
import { Status } from '../../parts/Status'
import { sayDone } from '../../parts/saying'
import { useLeaveWarning } from '../../records/record/useLeaveWarning'
import { strategies as t } from '../../text/strategies'
import { ProblemList } from '../editor/ProblemList'
import { Overtaken } from '../Overtaken'
import { PublishDialog } from './PublishDialog'
import { StrategyMenu } from './StrategyMenu'
import { type Step, StrategySteps } from './StrategySteps'

/** One strategy: for which records, by which date, and what is done when. */
export function Page() {
  const key = useParams().key ?? ''
  const found = useQuery({ ...getStrategyOptions({ path: { key } }), refetchOnWindowFocus: false })
  const schema = useQuery({ ...getStrategySchemaOptions(), staleTime: Number.POSITIVE_INFINITY })
  const error = found.error ?? schema.error
  const retry = () => {
    found.refetch()
    schema.refetch()
  }
  if (error && !found.data) return <PageProblem error={error} onRetry={retry} />
  if (!schema.data || !found.data) return <Skeleton height={480} />
  return <Editor key={key} strategy={found.data} schema={schema.data} />
}

const partsOf = (one: StrategyOut) => ({
  name: one.name,
  description: one.description,
  position: one.position,
  definition: one.definition as Config,
})

export function refreshStrategies() {
  for (const _id of ['listStrategies', 'getStrategy']) queries.invalidateQueries({ queryKey: [{ _id }] })
}

function Editor({ strategy, schema }: { strategy: StrategyOut; schema: StrategySchema }) {
  const [base, setBase] = useState(strategy)
  const [parts, setParts] = useState(() => partsOf(strategy))
  const [touched, setTouched] = useState(false)
  const [reviewing, setReviewing] = useState(false)
  useLeaveWarning(touched)
  const checked = useChecked(base.key, parts.definition)
  const change = useMutation(changeStrategyMutation())
  const publishing = useMutation(publishStrategyMutation())
  const path = { key: base.key }
  const edit = (next: Partial<typeof parts>) => {
    setParts({ ...parts, ...next })
    setTouched(true)
  }
  const take = (saved: StrategyOut) => {
    setBase(saved)
    setTouched(false)
    refreshStrategies()
  }
  const send = async (etag: string | null) => {
    publishing.reset()
    const headers = etag ? { 'If-Match': etag } : {}
    const saved = await change.mutateAsync({ path, body: parts, headers })
    take(saved)
    return saved
  }
  // What fails is shown on the page, from the mutation.
  const quietly = (work: Promise<unknown>) => void work.catch(() => undefined)
  const save = (over = false) => quietly(send(over ? null : base.etag).then(() => sayDone(t.saved)))
  const publish = () =>
    quietly(
      (async () => {
        const { etag } = touched ? await send(base.etag) : base
        take(await publishing.mutateAsync({ path, body: {}, headers: { 'If-Match': etag } }))
        sayDone(t.published)
      })(),
    )
  const takeTheirs = async () => {
    const theirs = (await api.getStrategy({ path, throwOnError: true })).data
    take(theirs)
    setParts(partsOf(theirs))
    change.reset()
    publishing.reset()
  }
  const error = change.error ?? publishing.error
  const problem = error ? asProblem(error) : null
  const around = useMemo(() => without(schema.definition), [schema])
  const context = useMemo(() => ({ ...NOWHERE, module: base.module }), [base.module])
  const pending = change.isPending || publishing.isPending
  return (
    <>
      <BackLink to="/strategies">{t.back}</BackLink>
      <PageHeader
        title={parts.name || base.name}
        beside={<Status of={base.state} />}
        about={base.module_label}
      >
        <Button
          variant="default"
          onClick={() => save()}
          disabled={!touched || pending}
          loading={change.isPending}
        >
          {t.save}
        </Button>
        <Button
          // What stands against it is said by the server, at its place.
          onClick={() => (checked.problems.length > 0 ? publish() : setReviewing(true))}
          disabled={pending}
          loading={publishing.isPending}
        >
          {t.publish}
        </Button>
        <StrategyMenu strategy={base} onChanged={take} />
      </PageHeader>
      {reviewing && (
        <PublishDialog
          strategy={base}
          definition={parts.definition}
          onPublish={() => {
            setReviewing(false)
            publish()
          }}
          onClose={() => setReviewing(false)}
        />
      )}
      {problem?.conflict && <Overtaken words={t} onMine={() => save(true)} onTheirs={takeTheirs} />}
      {problem && !problem.conflict && (
        <Problem error={problem} title={change.error ? t.notSaved : t.notPublished} />
      )}
      <Grid gap="md">
        <Grid.Col span={{ base: 12, lg: 5 }}>
          <Paper className="surface" p="md">
            <Stack gap="sm">
              <TextInput
                label={t.name}
                withAsterisk
                maxLength={200}
                value={parts.name}
                onChange={(event) => edit({ name: event.currentTarget.value })}
                error={problem?.at('/name')}
              />
              <Textarea
                label={t.description}
                autosize
                minRows={1}
                value={parts.description}
                onChange={(event) => edit({ description: event.currentTarget.value })}
              />
              <NodeForm
                schema={around}
                value={parts.definition}
                onChange={(next) => edit({ definition: { ...next, steps: parts.definition.steps } })}
                context={context}
                problems={checked.problems}
              />
              <NumberInput
                label={t.position}
                description={t.positionAbout}
                maw={180}
                allowDecimal={false}
                value={parts.position}
                onChange={(next) => typeof next === 'number' && edit({ position: next })}
                error={problem?.at('/position')}
              />
            </Stack>
          </Paper>
        </Grid.Col>
        <Grid.Col span={{ base: 12, lg: 7 }}>
          <Stack gap="sm">
            <StrategySteps
              schema={schema}
              module={base.module}
              steps={(parts.definition.steps as Step[] | undefined) ?? []}
              problems={checked.problems}
              onChange={(steps) => edit({ definition: { ...parts.definition, steps } })}
            />
            {checked.error && <Problem error={checked.error} />}
            <ProblemList
              {...checked}
              nameOf={(place) => stepName(parts.definition, place) ?? parts.name}
              onShow={() => undefined}
            />
          </Stack>
        </Grid.Col>
      </Grid>
    </>
  )
}

function stepName(definition: Config, path: string): string | undefined {
  const [, first, nr] = path.split('/')
  return first === 'steps' ? (definition.steps as Step[] | undefined)?.[Number(nr)]?.name : undefined
}

function without(schema: Schema): Schema {
  const { steps: _steps, format: _format, ...properties } = schema.properties ?? {}
  return { ...schema, properties }
}

/** What the server finds missing or wrong, a moment after it changed. */
function useChecked(key: string, definition: Config) {
  const [asked] = useDebouncedValue(definition, 400)
  const found = useQuery({
    queryKey: [{ _id: 'checkStrategy', key, asked }],
    queryFn: async ({ signal }) =>
      (await api.checkStrategy({ path: { key }, body: { definition: asked }, signal, throwOnError: true }))
        .data,
    placeholderData: keepPreviousData,
    gcTime: 10_000,
  })
  return {
    problems: found.data?.problems ?? [],
    checking: found.isFetching,
    known: found.data !== undefined,
    error: found.error,
  }
}
