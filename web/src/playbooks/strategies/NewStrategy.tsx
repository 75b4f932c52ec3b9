import { Button, Group, Modal, Stack, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useNavigate } from 'react-router'
import { asProblem, createStrategyMutation, queries } from '../../api'
import { ModuleSelect } from '../../form'
import { Problem } from '../../parts/Problem'
import { t as shared } from '../../text'
import { strategies as t } from '../../text/strategies'

/** What it is called and whose records it is about; then its steps are written. */
export function NewStrategy({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState('')
  const [module, setModule] = useState<string | null>(null)
  const navigate = useNavigate()
  const create = useMutation({
    ...createStrategyMutation(),
    onSuccess: (made) => {
      queries.invalidateQueries({ queryKey: [{ _id: 'listStrategies' }] })
      navigate(`/strategies/${made.key}`)
    },
  })
  const problem = create.error ? asProblem(create.error) : null
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (module && name.trim()) create.mutate({ body: { name, module } })
  }
  return (
    <Modal opened onClose={onClose} title={t.create}>
      <form onSubmit={submit}>
        <Stack gap="sm">
          <TextInput
            data-autofocus
            label={t.name}
            withAsterisk
            maxLength={200}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            error={problem?.at('/name')}
          />
          <ModuleSelect
            label={t.module}
            required
            value={module}
            onChange={setModule}
            error={problem?.at('/module')}
          />
          {problem && !problem.at('/name') && !problem.at('/module') && (
            <Problem error={problem} title={t.notMade} />
          )}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {shared.common.cancel}
            </Button>
            <Button type="submit" disabled={!name.trim() || !module} loading={create.isPending}>
              {t.make}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
