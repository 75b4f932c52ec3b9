import { Alert, Button, Group, List, Radio, Skeleton, Stack, Text, Title } from '@mantine/core'
import { IconAlertTriangle, IconBulb } from '@tabler/icons-react'
import { useMutation, useQuery } from '@tanstack/react-query'
import { type ReactNode, useEffect, useState } from 'react'
import { useNavigate } from 'react-router'
import { api, finishWizardMutation, type SummaryOut, type ToSummarise } from '../../api'
import { Problem } from '../../parts/Problem'
import { sayDone } from '../../parts/saying'
import { format } from '../../text'
import { wizard as words } from '../../text/wizard'
import { refreshWorkflows } from '../list/useChanges'
import { type Placed, placed } from './answers'
import classes from './wizard.module.css'

const t = words.summary

interface Props {
  wish: ToSummarise['wish']
  /** The question that the first block's problems belong to. */
  afterStart: string
  labels: Record<string, string>
  goTo: (key: string) => void
  onProblems: (problems: Placed[]) => void
  /** What else is worth saying. */
  note?: ReactNode
  /** The way back to the last question. */
  back: ReactNode
}

/** What would be made, in words; then: active or draft, and Finish. */
export function Summary({ wish, afterStart, labels, goTo, onProblems, note, back }: Props) {
  const found = useQuery({
    queryKey: ['wizard-summary', wish],
    queryFn: async ({ signal }) =>
      (await api.summariseWish({ body: { wish }, signal, throwOnError: true })).data,
    retry: false,
    staleTime: 0,
  })
  const wrong = found.data?.problems.map((one) => placed(one, afterStart)) ?? []
  // biome-ignore lint/correctness/useExhaustiveDependencies: told once for each answer
  useEffect(() => {
    if (found.data) onProblems(wrong)
  }, [found.data])
  if (found.error) return <Problem error={found.error} onRetry={() => found.refetch()} />
  if (!found.data) return <Skeleton h={240} />
  return (
    <>
      <Told summary={found.data} />
      {note}
      {wrong.length > 0 ? (
        <Wrong problems={wrong} labels={labels} goTo={goTo} />
      ) : (
        <Finish wish={wish} quotas={found.data.quotas} back={back} />
      )}
    </>
  )
}

function Told({ summary }: { summary: SummaryOut }) {
  const { records } = summary
  return (
    <Stack gap="sm">
      <Title order={3}>{summary.name}</Title>
      <Part title={t.starts}>
        <Text size="sm">{summary.trigger.charAt(0).toUpperCase() + summary.trigger.slice(1)}.</Text>
      </Part>
      {summary.next_times.length > 0 && (
        <Part title={t.next}>
          <List size="sm" aria-label={t.next} data-testid="wizard-next-times">
            {summary.next_times.map((at) => (
              <List.Item key={at}>{format.dateTimeIn(at, summary.time_zone)}</List.Item>
            ))}
          </List>
          <Text size="xs" c="dimmed">
            {t.zone(summary.time_zone)}
          </Text>
        </Part>
      )}
      <Part title={t.does}>
        <ol className={classes.steps}>
          {summary.steps.map((step) => (
            <li key={step.key}>
              <Text size="sm">
                <strong>{step.label}</strong>
                {step.sentence && step.sentence !== step.label ? `: ${step.sentence}` : ''}
              </Text>
            </li>
          ))}
        </ol>
      </Part>
      {records && (
        <Part title={t.records}>
          <Text size="sm">{t.count(records.count ?? records.at_least, records.count === null)}</Text>
        </Part>
      )}
      {summary.caps.length > 0 && (
        <Part title={t.caps}>
          {summary.caps.map((cap) => (
            <Text key={cap} size="sm">
              {cap}
            </Text>
          ))}
        </Part>
      )}
      {summary.advice.length > 0 && (
        <Alert color="blue" icon={<IconBulb aria-hidden />} title={t.advice}>
          {summary.advice.map((one) => (
            <Text key={one.code + one.message} size="sm">
              {one.message} {one.suggestion}
            </Text>
          ))}
        </Alert>
      )}
    </Stack>
  )
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section>
      <Text size="xs" c="dimmed" fw={600} mb={2}>
        {title}
      </Text>
      {children}
    </section>
  )
}

interface WrongProps {
  problems: Placed[]
  labels: Record<string, string>
  goTo: (key: string) => void
}

function Wrong({ problems, labels, goTo }: WrongProps) {
  const steps = [...new Set(problems.map((one) => one.step))]
  return (
    <Alert color="red" icon={<IconAlertTriangle aria-hidden />} title={t.wrong} role="alert">
      <List size="sm" mb="xs">
        {problems.map((one) => (
          <List.Item key={one.step + one.path + one.message}>
            {one.message} {one.suggestion}
          </List.Item>
        ))}
      </List>
      <Group gap="xs">
        {steps.map((step) => (
          <Button key={step} size="xs" variant="default" onClick={() => goTo(step)}>
            {t.mend(labels[step] ?? step)}
          </Button>
        ))}
      </Group>
    </Alert>
  )
}

interface FinishProps {
  wish: ToSummarise['wish']
  quotas: SummaryOut['quotas']
  back: ReactNode
}

function Finish({ wish, quotas, back }: FinishProps) {
  const navigate = useNavigate()
  const full = quotas.scheduled.full ? t.full(quotas.scheduled.limit ?? 0) : null
  const [how, setHow] = useState(full ? 'draft' : 'active')
  const make = useMutation({
    ...finishWizardMutation(),
    onSuccess: (made) => {
      refreshWorkflows()
      sayDone(made.state === 'active' ? t.madeActive(made.name) : t.made(made.name))
      navigate(`/workflows/${made.key}`)
    },
  })
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        make.mutate({ body: { wish, activate: how === 'active' } })
      }}
    >
      <Stack gap="md">
        <Radio.Group label={t.how} value={how} onChange={setHow}>
          <Stack gap="xs" mt={6}>
            <Radio
              value="active"
              label={t.active}
              description={full ?? t.activeAbout}
              disabled={full !== null}
            />
            <Radio value="draft" label={t.draft} description={t.draftAbout} />
          </Stack>
        </Radio.Group>
        {make.error && <Problem error={make.error} title={t.notMade} />}
        <Group justify="space-between">
          {back}
          <Button type="submit" loading={make.isPending}>
            {t.finish}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
