import { Button, Center, Paper, Skeleton, Stack, Text, Title } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { type FormEvent, useEffect, useState } from 'react'
import { useParams } from 'react-router'
import { type ApiProblem, asProblem, fillInPublicFormMutation, getPublicFormOptions } from '../api'
import { type Answers, AskedFields, filledIn } from '../parts/AskedFields'
import { Problem } from '../parts/Problem'
import { When } from '../parts/When'
import { questions as t } from '../text/questions'

/** A form for somebody outside, who has the link and no account. */
export function Page() {
  const token = useParams().token ?? ''
  const [values, setValues] = useState<Answers>()
  const found = useQuery({
    ...getPublicFormOptions({ path: { token } }),
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
  })
  const fill = useMutation(fillInPublicFormMutation())
  const problem = fill.error ? asProblem(fill.error) : null
  const form = found.data
  const shown = values ?? form?.values ?? {}
  useEffect(() => {
    document.title = form?.title ?? t.public.title
  }, [form?.title])
  const submit = (event: FormEvent) => {
    event.preventDefault()
    fill.mutate({ path: { token }, body: { values: filledIn(shown) } })
  }
  if (fill.isSuccess) return <Said title={t.public.thanks} about={t.public.thanksAbout} />
  if (found.error) return <Closed problem={asProblem(found.error)} onRetry={() => found.refetch()} />
  if (problem?.status === 410) return <Closed problem={problem} />
  return (
    <Sheet>
      {!form ? (
        <Skeleton h={260} />
      ) : (
        <form onSubmit={submit} noValidate>
          <Stack gap="md">
            {form.organisation && (
              <Text size="sm" c="dimmed">
                {t.public.asks(form.organisation)}
              </Text>
            )}
            <Title order={1} dir="auto" style={{ overflowWrap: 'anywhere' }}>
              {form.title}
            </Title>
            {form.body && (
              <Text size="sm" style={{ whiteSpace: 'pre-line', overflowWrap: 'anywhere' }} dir="auto">
                {form.body}
              </Text>
            )}
            <AskedFields fields={form.fields} values={shown} onChange={setValues} problem={problem} />
            {problem && problem.problems.length === 0 && <Problem error={problem} title={t.notFilled} />}
            <Button type="submit" loading={fill.isPending}>
              {t.send}
            </Button>
            {form.due_at && (
              <Text size="xs" c="dimmed">
                {t.public.until} <When at={form.due_at} exact />
              </Text>
            )}
          </Stack>
        </form>
      )}
    </Sheet>
  )
}

function Sheet({ children }: { children: React.ReactNode }) {
  return (
    <Center component="main" mih="90vh" p="md">
      <Paper p="xl" w="100%" maw={560} className="surface">
        {children}
      </Paper>
    </Center>
  )
}

function Said({ title, about }: { title: string; about: string }) {
  return (
    <Sheet>
      <Title order={1}>{title}</Title>
      <Text size="sm" c="dimmed" mt="xs">
        {about}
      </Text>
    </Sheet>
  )
}

function Closed({ problem, onRetry }: { problem: ApiProblem; onRetry?: () => void }) {
  if (problem.status === 410) return <Said title={t.public.gone} about={problem.message} />
  if (problem.status === 404)
    return <Said title={t.public.unknown} about={`${problem.message} ${problem.suggestion ?? ''}`} />
  return (
    <Sheet>
      <Title order={1} mb="xs">
        {t.public.title}
      </Title>
      <Problem error={problem} onRetry={onRetry} />
    </Sheet>
  )
}
