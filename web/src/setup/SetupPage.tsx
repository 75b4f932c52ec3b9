import { Anchor, Button, Center, Group, Paper, Stack, Stepper, Text, Title } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useEffect, useRef, useState } from 'react'
import { Link, Navigate, useNavigate } from 'react-router'
import { createFirstAdministratorMutation, getSetupOptions } from '../api'
import { asProblem } from '../api/problem'
import { Starting } from '../app/Starting'
import { Logo } from '../parts/Logo'
import { Problem } from '../parts/Problem'
import { sayProblem } from '../parts/saying'
import { t } from '../text'
import { setup as words } from '../text/setup'
import { emptyAnswers, STEPS, tokenIn } from './answers'
import { OrganisationStep, PacksStep, PersonStep } from './steps'

/** The first start: one administrator, the organisation, and what to begin with. */
export function Page() {
  const found = useQuery(getSetupOptions())
  useEffect(() => {
    document.title = `${words.title} · ${t.frame.product}`
  }, [])
  if (found.error) return <Problem error={found.error} onRetry={() => found.refetch()} />
  if (!found.data) return <Starting />
  return (
    // At the top, so that nothing jumps where one step is longer than another.
    <Center component="main" p="md" pt={{ base: 'md', sm: '8vh' }}>
      <Paper p="xl" w="100%" maw={560} className="surface">
        <Group gap="xs" mb={4}>
          <Logo size={30} />
          <Title order={1}>{words.title}</Title>
        </Group>
        {found.data.needs_administrator ? <Questions packs={found.data.packs ?? []} /> : <AlreadyDone />}
      </Paper>
    </Center>
  )
}

function AlreadyDone() {
  return (
    <Stack mt="md" align="flex-start">
      <Text>{words.done}</Text>
      <Anchor component={Link} to="/sign-in">
        {words.signIn}
      </Anchor>
    </Stack>
  )
}

interface Pack {
  key: string
  name: string
  description: string
}

/** One step after the other; what is wrong with an answer is said at its step. */
function Questions({ packs }: { packs: Pack[] }) {
  const [answers, setAnswers] = useState(() => emptyAnswers(window.location.hash))
  const [step, setStep] = useState(0)
  useEffect(() => {
    // The address with the token, opened where this page was open without it: no new page, only a new hash.
    const take = () => setAnswers((now) => ({ ...now, token: tokenIn(window.location.hash) || now.token }))
    window.addEventListener('hashchange', take)
    return () => window.removeEventListener('hashchange', take)
  }, [])
  const fields = useRef<HTMLDivElement>(null)
  // biome-ignore lint/correctness/useExhaustiveDependencies: of each new step, its first input
  useEffect(() => fields.current?.querySelector<HTMLElement>('input, button')?.focus(), [step])
  const navigate = useNavigate()
  const cache = useQueryClient()
  const create = useMutation({
    ...createFirstAdministratorMutation(),
    onSuccess: async (made) => {
      for (const pack of made.packs) {
        if (!pack.loaded)
          sayProblem(new Error(`${pack.problem ?? ''} ${words.packFailedMore}`), words.packFailed(pack.key))
      }
      cache.clear()
      navigate('/', { replace: true })
    },
    onError: (error) => setStep(stepOf(asProblem(error).problems.map((problem) => problem.path))),
  })
  const problem = create.error ? asProblem(create.error) : null
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (step < 2) return setStep(step + 1)
    create.mutate({
      body: {
        token: answers.token.trim(),
        email: answers.email.trim(),
        name: answers.name.trim(),
        password: answers.password,
        organisation: answers.organisation.trim() || null,
        time_zone: answers.timeZone || null,
        packs: answers.packs,
      },
    })
  }
  if (problem?.status === 409) return <Navigate to="/sign-in" replace />
  const common = {
    answers,
    problem,
    set: (change: Partial<typeof answers>) => setAnswers({ ...answers, ...change }),
  }
  return (
    <form onSubmit={submit}>
      <Text c="dimmed" size="sm" mb="lg">
        {words.about}
      </Text>
      <Stepper active={step} onStepClick={(to) => to < step && setStep(to)} size="sm" mb="lg">
        <Stepper.Step label={words.steps.you} />
        <Stepper.Step label={words.steps.organisation} />
        <Stepper.Step label={words.steps.start} />
      </Stepper>
      {problem && <Problem error={problem} title={words.failed} />}
      <Stack gap="sm" ref={fields}>
        {step === 0 && <PersonStep {...common} />}
        {step === 1 && <OrganisationStep {...common} />}
        {step === 2 && <PacksStep {...common} packs={packs} />}
        <Group justify="space-between" mt="md">
          <Button variant="default" onClick={() => setStep(step - 1)} disabled={step === 0}>
            {words.previous}
          </Button>
          <Button type="submit" loading={create.isPending}>
            {step < 2 ? words.next : words.finish}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

/** The first step at which something is wrong; the first of all when it is about nothing in particular. */
function stepOf(paths: string[]): number {
  const at = STEPS.findIndex((fields) =>
    fields.some((field) => paths.some((path) => path.startsWith(`/${field}`))),
  )
  return Math.max(at, 0)
}
