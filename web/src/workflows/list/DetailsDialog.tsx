import { Alert, Button, Group, Modal, Select, Stack, Text, Textarea, TextInput } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import {
  asProblem,
  changeWorkflowMutation,
  findPeopleOptions,
  getWorkflowOptions,
  type ListedWorkflow,
  queries,
} from '../../api'
import { Problem } from '../../parts/Problem'
import { sayDone } from '../../parts/saying'
import { t as shared } from '../../text'
import { workflows as t } from '../../text/workflows'
import { CategorySelect } from './CategorySelect'
import { refreshWorkflows } from './useChanges'
import type { Category } from './wanted'

/** Name, description, category and owner of a workflow; its draft stays as it is. */
export function DetailsDialog({ workflow, onClose }: { workflow: ListedWorkflow; onClose: () => void }) {
  const [name, setName] = useState(workflow.name)
  const [description, setDescription] = useState(workflow.description)
  const [category, setCategory] = useState(workflow.category as Category | null)
  const [owner, setOwner] = useState(workflow.owner)
  const [seen, setSeen] = useState(workflow.etag)
  const save = useMutation({
    ...changeWorkflowMutation(),
    onSuccess: () => {
      sayDone(t.dialog.saved)
      refreshWorkflows()
      onClose()
    },
  })
  const problem = save.error ? asProblem(save.error) : null
  const path = { key: workflow.key }
  const send = (etag: string) =>
    save.mutate({ path, body: { name, description, category, owner }, headers: { 'If-Match': etag } })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    send(seen)
  }
  const saveAnyway = async () => {
    const now = await queries.fetchQuery({ ...getWorkflowOptions({ path }), staleTime: 0 })
    setSeen(now.etag)
    send(now.etag)
  }
  return (
    <Modal opened onClose={onClose} title={t.dialog.title} size="lg">
      <form onSubmit={submit}>
        <Stack gap="sm">
          <TextInput
            label={t.dialog.name}
            description={t.dialog.nameHint}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            error={problem?.at('/name')}
            required
            maxLength={200}
            data-autofocus
          />
          <Textarea
            label={t.dialog.description}
            description={t.dialog.descriptionHint}
            value={description}
            onChange={(event) => setDescription(event.currentTarget.value)}
            error={problem?.at('/description')}
            autosize
            minRows={3}
            maxRows={10}
            maxLength={5_000}
          />
          <Group grow align="flex-start">
            <CategorySelect value={category} onChange={setCategory} />
            <OwnerSelect value={owner} name={workflow.owner_name} onChange={setOwner} />
          </Group>
          {problem?.conflict && (
            <Alert color="orange" title={t.dialog.conflict} role="alert">
              <Text size="sm" mb="xs">
                {t.dialog.conflictMore}
              </Text>
              <Button size="xs" variant="default" onClick={saveAnyway}>
                {t.dialog.saveAnyway}
              </Button>
            </Alert>
          )}
          {problem && !problem.conflict && <Problem error={problem} title={t.dialog.notSaved} />}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {shared.common.cancel}
            </Button>
            <Button type="submit" loading={save.isPending} disabled={!name.trim()}>
              {shared.common.save}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}

interface OwnerProps {
  value: number | null
  name: string | null
  onChange: (id: number | null) => void
}

function OwnerSelect({ value, name, onChange }: OwnerProps) {
  const [search, setSearch] = useState('')
  const found = useQuery(
    findPeopleOptions({ query: { q: search === name ? null : search || null, limit: 50 } }),
  )
  const options = (found.data?.users ?? []).map((user) => ({ value: String(user.id), label: user.name }))
  const known = value === null || options.some((option) => option.value === String(value))
  if (!known && name && value !== null) options.unshift({ value: String(value), label: name })
  return (
    <Select
      label={t.dialog.owner}
      description={t.dialog.ownerHint}
      data={options}
      value={value === null ? null : String(value)}
      onChange={(id) => onChange(id === null ? null : Number(id))}
      searchValue={search}
      onSearchChange={setSearch}
      filter={({ options: all }) => all}
      searchable
      clearable
    />
  )
}
