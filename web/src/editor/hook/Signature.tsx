import { Alert, Button, Stack, Switch } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { type HookFacts, signHookMutation, unsignHookMutation } from '../../api'
import { confirm } from '../../parts/confirm'
import { ShownOnce } from '../../parts/ShownOnce'
import { sayProblem } from '../../parts/saying'
import { hooks as t } from '../../text/hooks'
import { useOpenWorkflow } from '../page'

/** Whether what is sent must be signed, and the secret for that, shown once. */
export function Signature({ facts, onChange }: { facts: HookFacts; onChange: (facts: HookFacts) => void }) {
  const { workflow } = useOpenWorkflow()
  const path = { key: workflow.key }
  const [secret, setSecret] = useState<string | null>(null)
  const onError = (error: unknown) => sayProblem(error)
  const sign = useMutation({
    ...signHookMutation(),
    onSuccess: (made) => {
      setSecret(made.secret)
      onChange({ ...facts, signed: true })
    },
    onError,
  })
  const unsign = useMutation({
    ...unsignHookMutation(),
    onSuccess: (next) => {
      setSecret(null)
      onChange(next)
    },
    onError,
  })
  const change = async (wanted: boolean) => {
    if (wanted) return sign.mutate({ path })
    const question = { title: t.unsignTitle, about: t.unsignAbout, yes: t.yesUnsign, danger: true }
    if (await confirm(question)) unsign.mutate({ path })
  }
  const renew = async () => {
    if (await confirm({ title: t.newSecret, about: t.newSecretAbout, yes: t.newSecret, danger: true }))
      sign.mutate({ path })
  }
  return (
    <Stack gap="xs">
      <Switch
        size="sm"
        label={t.signed}
        description={t.signedAbout}
        checked={facts.signed}
        disabled={sign.isPending || unsign.isPending}
        onChange={(event) => change(event.currentTarget.checked)}
      />
      {secret && (
        <>
          <Alert color="yellow" p="xs">
            {t.once}
          </Alert>
          <ShownOnce label={t.secret} value={secret} />
        </>
      )}
      {facts.signed && !secret && (
        <Button size="compact-sm" variant="default" onClick={renew} loading={sign.isPending} w="max-content">
          {t.newSecret}
        </Button>
      )}
    </Stack>
  )
}
