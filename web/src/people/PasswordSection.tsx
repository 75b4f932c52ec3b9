import { Button, Group, PasswordInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { changePasswordMutation } from '../api'
import { asProblem } from '../api/problem'
import { Problem } from '../parts/Problem'
import { sayDone } from '../parts/saying'
import { Section } from '../settings/Section'
import { t } from '../text'
import { profile as words } from '../text/profile'

/** One's own new password. */
export function PasswordSection() {
  const [current, setCurrent] = useState('')
  const [next, setNext] = useState('')
  const change = useMutation({
    ...changePasswordMutation(),
    onSuccess: () => {
      setCurrent('')
      setNext('')
      sayDone(words.changed)
    },
  })
  const problem = change.error ? asProblem(change.error) : null
  const submit = (event: FormEvent) => {
    event.preventDefault()
    change.mutate({ body: { current, password: next } })
  }
  return (
    <form onSubmit={submit}>
      <Section title={words.password} about={words.passwordAbout}>
        {problem && <Problem error={problem} />}
        <PasswordInput
          label={words.current}
          visibilityToggleButtonProps={{ 'aria-label': t.common.showOf(words.current) }}
          required
          autoComplete="current-password"
          value={current}
          error={problem?.at('/current')}
          onChange={(event) => setCurrent(event.currentTarget.value)}
        />
        <PasswordInput
          label={words.next}
          visibilityToggleButtonProps={{ 'aria-label': t.common.showOf(words.next) }}
          description={words.nextAbout}
          required
          autoComplete="new-password"
          value={next}
          error={problem?.at('/password')}
          onChange={(event) => setNext(event.currentTarget.value)}
        />
        <Group justify="flex-end">
          <Button type="submit" variant="default" loading={change.isPending}>
            {words.change}
          </Button>
        </Group>
      </Section>
    </form>
  )
}
