import { Alert, Box, Button, Grid, Paper, Skeleton, Stack, Text } from '@mantine/core'
import { IconSettings } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { useParams } from 'react-router'
import {
  api,
  type FaultOut,
  getPlaybookOptions,
  getPlaybookSchemaOptions,
  type PlaybookOut,
  type PlaybookSchema,
} from '../api'
import { BackLink } from '../parts/BackLink'
import { PageHeader } from '../parts/PageHeader'
import { PageProblem } from '../parts/PageProblem'
import { Problem } from '../parts/Problem'
import { Status } from '../parts/Status'
import { useLeaveWarning } from '../records/record/useLeaveWarning'
import { playbooks as t } from '../text/playbooks'
import { Board } from './editor/Board'
import classes from './editor/Board.module.css'
import { partAt, placeOf } from './editor/drawing'
import { PlaybookMenu } from './editor/PlaybookMenu'
import { ProblemList } from './editor/ProblemList'
import { SettingsForm } from './editor/SettingsForm'
import { StepForm } from './editor/StepForm'
import { type Draft, useDraft } from './editor/useDraft'
import { useProblems } from './editor/useProblems'
import { Overtaken } from './Overtaken'
import { spoken } from './spoken'

/** One playbook: its phases as columns, its steps as cards, and beside them what is filled in. */
export function Page() {
  const key = useParams().key ?? ''
  // What is loaded is where drawing begins; a later answer must not take away what was drawn.
  const found = useQuery({ ...getPlaybookOptions({ path: { key } }), refetchOnWindowFocus: false })
  const schema = useQuery({ ...getPlaybookSchemaOptions(), staleTime: Number.POSITIVE_INFINITY })
  const error = found.error ?? schema.error
  const retry = () => {
    found.refetch()
    schema.refetch()
  }
  if (error && !found.data) return <PageProblem error={error} onRetry={retry} />
  if (!schema.data || !found.data) return <Skeleton height={480} />
  return <Editor key={key} playbook={found.data} schema={schema.data} />
}

const SETTINGS = ' settings'

function Editor({ playbook, schema }: { playbook: PlaybookOut; schema: PlaybookSchema }) {
  const draft = useDraft(playbook)
  const [chosen, setChosen] = useState<string | null>(null)
  const checked = useProblems(playbook.key, draft.drawing)
  useLeaveWarning(draft.touched)
  const place = chosen ? placeOf(draft.drawing, chosen) : null
  const step = place ? draft.drawing.phases[place.phase]?.steps[place.step] : undefined
  const show = (problem: FaultOut) => {
    const { step, phase } = partAt(draft.drawing, problem.path)
    setChosen(step?.key ?? (phase ? null : SETTINGS))
  }
  const side = useRef<HTMLDivElement>(null)
  // Below the board on narrow screens, the form would open unseen.
  useEffect(() => {
    const top = side.current?.getBoundingClientRect().top ?? 0
    if (chosen && top > window.innerHeight * 0.7) side.current?.scrollIntoView({ block: 'start' })
  }, [chosen])
  const shared = { problems: checked.problems, onClose: () => setChosen(null) }
  const form = step ? (
    <StepForm
      key={step.key}
      {...shared}
      drawing={draft.drawing}
      step={step}
      types={schema.step_types}
      module={draft.base.module}
      onChange={draft.setDrawing}
    />
  ) : chosen === SETTINGS ? (
    <SettingsForm {...shared} draft={draft} schema={schema.definition} />
  ) : null
  return (
    <Box
      onKeyDown={(event) => {
        if (event.key.toLowerCase() !== 's' || !(event.ctrlKey || event.metaKey)) return
        event.preventDefault()
        if (draft.touched) draft.save()
      }}
    >
      <Head draft={draft} onSettings={() => setChosen(chosen === SETTINGS ? null : SETTINGS)} />
      <Failed draft={draft} />
      <Grid gap="md">
        <Grid.Col span={form ? { base: 12, lg: 7.5 } : 12}>
          <Stack gap="sm">
            <Board
              drawing={draft.drawing}
              onChange={draft.setDrawing}
              kept={draft.base.kept}
              types={schema.step_types}
              problems={checked.problems}
              chosen={chosen}
              onChoose={setChosen}
            />
            {!form && (
              <Text size="sm" c="dimmed">
                {t.chooseStep}
              </Text>
            )}
            {checked.error && <Problem error={checked.error} title={t.notChecked} />}
            <ProblemList {...checked} nameOf={(path) => nameOf(draft, path)} onShow={show} />
          </Stack>
        </Grid.Col>
        {form && (
          <Grid.Col span={{ base: 12, lg: 4.5 }}>
            <Paper className={`surface ${classes.side}`} p="md" ref={side} style={{ scrollMarginTop: 60 }}>
              {form}
            </Paper>
          </Grid.Col>
        )}
      </Grid>
    </Box>
  )
}

function Head({ draft, onSettings }: { draft: Draft; onSettings: () => void }) {
  const { base } = draft
  const waits = draft.touched || base.changed
  return (
    <>
      <BackLink to="/playbooks">{t.back}</BackLink>
      <PageHeader
        title={draft.name || base.name}
        about={draft.description || undefined}
        beside={
          <>
            <Status of={base.state} />
            {base.state !== 'draft' && waits && (
              <Text size="sm" c="dimmed">
                {t.toPublish}
              </Text>
            )}
          </>
        }
      >
        <Button variant="default" leftSection={<IconSettings size={16} />} onClick={onSettings}>
          {t.settings}
        </Button>
        <Button
          variant="default"
          onClick={() => draft.save()}
          disabled={!draft.touched || draft.pending}
          loading={draft.saving}
        >
          {t.save}
        </Button>
        <Button onClick={draft.publish} disabled={!waits || draft.pending} loading={draft.publishing}>
          {t.publish}
        </Button>
        <PlaybookMenu draft={draft} />
      </PageHeader>
    </>
  )
}

function nameOf({ drawing }: Draft, path: string): string {
  const { step, phase } = partAt(drawing, path)
  return (step && spoken(step.name)) || phase?.name || t.settings
}

/** What was not saved or published; if somebody was quicker, whose drawing is to stay. */
function Failed({ draft }: { draft: Draft }) {
  const { error, base } = draft
  if (!error) return null
  // What stands against publishing is listed below, each with the way to its place.
  if (draft.failed === t.notPublished && error.problems.length > 0)
    return (
      <Alert color="red" mb="sm" role="alert" title={draft.failed}>
        {t.seeBelow}
      </Alert>
    )
  if (!error.conflict) return <Problem error={error} title={draft.failed} />
  const takeTheirs = async () =>
    draft.take((await api.getPlaybook({ path: { key: base.key }, throwOnError: true })).data)
  return <Overtaken words={t} onMine={() => draft.save(true)} onTheirs={takeTheirs} />
}
