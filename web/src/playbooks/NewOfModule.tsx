import { Button, Group, Modal, Stack, TextInput } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { asProblem } from '../api'
import { ModuleSelect } from '../form'
import { Problem } from '../parts/Problem'
import { t as shared } from '../text'

interface Props {
  words: { create: string; name: string; module: string; moduleAbout?: string; notMade: string; make: string }
  error: unknown
  isPending: boolean
  onMake: (made: { name: string; module: string }) => void
  onClose: () => void
}

/** Asks what a new playbook or strategy is called, and whose records it is about. */
export function NewOfModule({ words, error, isPending, onMake, onClose }: Props) {
  const [name, setName] = useState('')
  const [module, setModule] = useState<string | null>(null)
  const problem = error ? asProblem(error) : null
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (module && name.trim()) onMake({ name, module })
  }
  return (
    <Modal opened onClose={onClose} title={words.create}>
      <form onSubmit={submit}>
        <Stack gap="sm">
          <TextInput
            data-autofocus
            label={words.name}
            withAsterisk
            maxLength={200}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            error={problem?.at('/name')}
          />
          <ModuleSelect
            label={words.module}
            description={words.moduleAbout}
            required
            value={module}
            onChange={setModule}
            error={problem?.at('/module')}
          />
          {problem && !problem.at('/name') && !problem.at('/module') && (
            <Problem error={problem} title={words.notMade} />
          )}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {shared.common.cancel}
            </Button>
            <Button type="submit" disabled={!name.trim() || !module} loading={isPending}>
              {words.make}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
