import { Button, PasswordInput, Stack, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { signInMutation } from '../api'
import { Problem } from '../parts/Problem'
import { t } from '../text'

interface Props {
  /** Who is to sign in again; empty: anybody. */
  email?: string
  onDone: () => void
  onOther?: () => void
}

/** Address and password. */
export function SignInForm({ email: given, onDone, onOther }: Props) {
  const [email, setEmail] = useState(given ?? '')
  const [password, setPassword] = useState('')
  const cache = useQueryClient()
  const signIn = useMutation({
    ...signInMutation(),
    onSuccess: () => {
      cache.invalidateQueries()
      onDone()
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    signIn.mutate({ body: { email: email.trim(), password } })
  }
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        <TextInput
          label={t.session.email}
          type="email"
          name="email"
          autoComplete="username"
          required
          value={email}
          readOnly={Boolean(given)}
          onChange={(event) => setEmail(event.currentTarget.value)}
          data-autofocus={given ? undefined : true}
          autoFocus={!given}
        />
        <PasswordInput
          label={t.session.password}
          name="password"
          autoComplete="current-password"
          required
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
          data-autofocus={given ? true : undefined}
        />
        {signIn.error && <Problem error={signIn.error} title={t.session.wrong} />}
        <Button type="submit" loading={signIn.isPending}>
          {t.session.signIn}
        </Button>
        {onOther && (
          <Button variant="subtle" onClick={onOther}>
            {t.session.other}
          </Button>
        )}
      </Stack>
    </form>
  )
}
