import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useNavigate } from 'react-router'
import { detachModuleMutation, type ModuleOut, removeModuleMutation } from '../../api'
import { confirm } from '../../parts/confirm'
import { Problem } from '../../parts/Problem'
import { sayDone, sayProblem } from '../../parts/saying'
import { modules as words } from '../../text/modules'

function useGone(message: string) {
  const cache = useQueryClient()
  const navigate = useNavigate()
  return () => {
    sayDone(message)
    navigate('/settings/modules')
    cache.invalidateQueries()
  }
}

/** Deletes a module with its records, after its key was typed. */
export function RemoveModule({ module }: { module: ModuleOut }) {
  const [open, setOpen] = useState(false)
  const [typed, setTyped] = useState('')
  const remove = useMutation({ ...removeModuleMutation(), onSuccess: useGone(words.removed) })
  return (
    <>
      <Button variant="subtle" color="red" onClick={() => setOpen(true)}>
        {words.remove}
      </Button>
      <Modal opened={open} onClose={() => setOpen(false)} title={words.removeTitle(module.label_plural)}>
        <Stack gap="sm">
          <Text size="sm">{words.removeAbout}</Text>
          {remove.error && <Problem error={remove.error} />}
          <TextInput
            label={words.removeType(module.key)}
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
          />
          <Group justify="flex-end">
            <Button
              color="red"
              disabled={typed !== module.key}
              loading={remove.isPending}
              onClick={() => remove.mutate({ path: { module: module.key } })}
            >
              {words.remove}
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  )
}

/** Lets go of an attached table, which stays as it is. */
export function LetGo({ module }: { module: ModuleOut }) {
  const detach = useMutation({
    ...detachModuleMutation(),
    onSuccess: useGone(words.detached),
    onError: (error) => sayProblem(error),
  })
  const ask = async () => {
    const question = {
      title: words.detachTitle(module.label_plural),
      about: words.detachAbout,
      yes: words.detach,
      danger: true,
    }
    if (await confirm(question)) detach.mutate({ path: { module: module.key } })
  }
  return (
    <Button variant="subtle" color="red" loading={detach.isPending} onClick={ask}>
      {words.detach}
    </Button>
  )
}
