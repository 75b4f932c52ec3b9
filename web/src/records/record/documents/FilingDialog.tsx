import { Autocomplete, Button, Group, Modal, Stack, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { asProblem, type DocumentOut } from '../../../api'
import { Problem } from '../../../parts/Problem'
import { sayDone } from '../../../parts/saying'
import { t as shared } from '../../../text'
import { documents as t } from '../../../text/documents'
import type { FilingWork } from './useFiling'

interface Props {
  document: DocumentOut
  names: string[]
  filing: FilingWork
  onClose: () => void
}

/** What a file is called, what it is, and where it lies. */
export function FilingDialog({ document, names, filing, onClose }: Props) {
  const [name, setName] = useState(document.name)
  const [type, setType] = useState(document.type)
  const [folder, setFolder] = useState(document.folder)
  const save = useMutation({
    mutationFn: () => filing.file(document.id, { name: name.trim(), type, folder }),
    onSuccess: () => {
      sayDone(t.saved)
      onClose()
    },
  })
  const problem = save.error ? asProblem(save.error) : null
  const submit = (event: FormEvent) => {
    event.preventDefault()
    event.stopPropagation()
    save.mutate()
  }
  return (
    <Modal opened onClose={onClose} title={t.dialog(document.name)}>
      <form onSubmit={submit}>
        <Stack gap="sm">
          <TextInput
            label={t.name}
            description={t.nameHint}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            error={problem?.at('/name')}
            maxLength={200}
            required
            data-autofocus
          />
          <TextInput
            label={t.type}
            description={t.typeHint}
            value={type}
            onChange={(event) => setType(event.currentTarget.value)}
            error={problem?.at('/type')}
            maxLength={100}
          />
          <Autocomplete
            label={t.folder}
            description={t.folderHint}
            data={names}
            value={folder}
            onChange={setFolder}
            error={problem?.at('/folder')}
            maxLength={200}
          />
          {problem && <Problem error={problem} title={t.notSaved} />}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {shared.common.cancel}
            </Button>
            <Button type="submit" loading={save.isPending} disabled={!name.trim()}>
              {t.save}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
