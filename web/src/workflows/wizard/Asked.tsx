import { Button, Group, Paper, Stack, Stepper, Text, Title } from '@mantine/core'
import { type FormEvent, type ReactNode, useEffect, useRef, useState } from 'react'
import { wizard as t } from '../../text/wizard'

/** One question of the wizard. */
export interface Question {
  key: string
  label: string
  title: string
  about?: string
  /** What stands in the way of going on. */
  missing?: string | null
  body: ReactNode
}

interface Props {
  questions: Question[]
  /** The last step, which finishes by itself; it may send people back to a question. `back`: its button. */
  summary: (goTo: (key: string) => void, back: ReactNode) => ReactNode
  /** What became of it: from then on there is no way back to the questions. */
  over?: string | null
}

/** Questions one after the other, then the summary. Enter goes on; what was answered stays. */
export function Asked({ questions, summary, over = null }: Props) {
  const [at, setAt] = useState(0)
  const [tried, setTried] = useState(false)
  const heading = useRef<HTMLHeadingElement>(null)
  const first = useRef(true)
  const question = questions[at]
  // Whoever listens hears where they are; the page as it opens keeps its own focus.
  // biome-ignore lint/correctness/useExhaustiveDependencies: of each new step
  useEffect(() => {
    if (!first.current) heading.current?.focus()
    first.current = false
  }, [at])
  const go = (step: number) => {
    setTried(false)
    setAt(step)
  }
  const goTo = (key: string) => {
    const step = questions.findIndex((one) => one.key === key)
    go(Math.max(step, 0))
  }
  const next = (event: FormEvent) => {
    event.preventDefault()
    event.stopPropagation()
    if (question?.missing) setTried(true)
    else go(at + 1)
  }
  const open = (step: number) => {
    if (over) return
    const blocked = questions.slice(0, step).findIndex((one) => one.missing)
    go(blocked < 0 ? step : blocked)
    if (blocked >= 0) setTried(true)
  }
  const back = (
    <Button variant="default" onClick={() => go(at - 1)}>
      {t.back}
    </Button>
  )
  return (
    <>
      <Stepper active={over ? at + 1 : at} onStepClick={open} size="sm" mb="md" maw={860}>
        {questions.map((one) => (
          <Stepper.Step key={one.key} label={one.label} allowStepSelect={!over} />
        ))}
        <Stepper.Step label={t.steps.summary} allowStepSelect={!over} />
      </Stepper>
      <Paper className="surface" p="lg" maw={860}>
        {question ? (
          <form onSubmit={next} noValidate data-testid={`wizard-${question.key}`}>
            <Stack gap="md">
              <div>
                <Title order={2} ref={heading} tabIndex={-1} style={{ outline: 'none' }}>
                  {question.title}
                </Title>
                {question.about && (
                  <Text size="sm" c="dimmed">
                    {question.about}
                  </Text>
                )}
              </div>
              {question.body}
              {tried && question.missing && (
                <Text size="sm" c="var(--mantine-color-error)" role="alert">
                  {question.missing}
                </Text>
              )}
              <Group justify="space-between">
                {at > 0 ? back : <span />}
                <Button type="submit">{t.next}</Button>
              </Group>
            </Stack>
          </form>
        ) : (
          <Stack gap="md" data-testid="wizard-summary">
            <Title order={2} ref={heading} tabIndex={-1} style={{ outline: 'none' }}>
              {over ?? t.summary.title}
            </Title>
            {summary(goTo, back)}
          </Stack>
        )}
      </Paper>
    </>
  )
}
