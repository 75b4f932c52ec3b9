import { Button, Group, Select, SimpleGrid, Stack, Textarea, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { api, type ModuleOut } from '../../api'
import { asProblem } from '../../api/problem'
import { Problem } from '../../parts/Problem'
import { sayDone } from '../../parts/saying'
import { t } from '../../text'
import { modules as words } from '../../text/modules'
import { keyFrom } from '../people/keys'

interface Props {
  module: ModuleOut | null
  onDone: (module: ModuleOut) => void
}

/** What a module is called, what names its records, and whose they are. A new one begins with a name field. */
export function ModuleForm({ module, onDone }: Props) {
  const [label, setLabel] = useState(module?.label ?? '')
  const [plural, setPlural] = useState(module?.label_plural ?? '')
  const [key, setKey] = useState(module?.key ?? '')
  const [description, setDescription] = useState(module?.description ?? '')
  const [title, setTitle] = useState(module?.title_field ?? null)
  const [owner, setOwner] = useState(module?.owner_field ?? null)
  const cache = useQueryClient()
  const save = useMutation({
    mutationFn: () => {
      const words = {
        label: label.trim(),
        label_plural: plural.trim() || label.trim(),
        description: description.trim(),
      }
      if (module) {
        const body = { ...words, title_field: title, owner_field: owner, ...(key !== module.key && { key }) }
        return api.changeModule({ path: { module: module.key }, body, throwOnError: true })
      }
      const first = { key: 'name', type: 'text', label: 'Name', required: true }
      const body = { ...words, key: key || keyFrom(plural || label), fields: [first], title_field: 'name' }
      return api.createModule({ body, throwOnError: true })
    },
    onSuccess: async ({ data }) => {
      sayDone(words.saved(data.label_plural))
      await cache.invalidateQueries()
      onDone(data)
    },
  })
  const problem = save.error ? asProblem(save.error) : null
  const submit = (event: FormEvent) => {
    event.preventDefault()
    save.mutate()
  }
  const fields = (module?.fields ?? []).map((field) => ({
    value: field.key,
    label: field.label,
    type: field.type,
  }))
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        {problem && <Problem error={problem} />}
        <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="sm">
          <TextInput
            label={words.label}
            description={words.labelAbout}
            required
            data-autofocus
            value={label}
            error={problem?.at('/label')}
            onChange={(event) => setLabel(event.currentTarget.value)}
          />
          <TextInput
            label={words.plural}
            description={words.pluralAbout}
            value={plural}
            error={problem?.at('/label_plural')}
            onChange={(event) => setPlural(event.currentTarget.value)}
          />
        </SimpleGrid>
        <TextInput
          label={words.key}
          description={words.keyAbout}
          value={key || keyFrom(plural || label)}
          error={problem?.at('/key')}
          onChange={(event) => setKey(event.currentTarget.value)}
        />
        <Textarea
          label={words.description}
          autosize
          minRows={2}
          value={description}
          error={problem?.at('/description')}
          onChange={(event) => setDescription(event.currentTarget.value)}
        />
        {module && (
          <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="sm">
            <Select
              label={words.titleField}
              description={words.titleFieldAbout}
              clearable
              data={fields}
              value={title}
              error={problem?.at('/title_field')}
              onChange={setTitle}
            />
            <Select
              label={words.ownerField}
              description={words.ownerFieldAbout}
              clearable
              data={fields.filter((field) => field.type === 'user')}
              value={owner}
              error={problem?.at('/owner_field')}
              onChange={setOwner}
            />
          </SimpleGrid>
        )}
        <Group justify="flex-end">
          <Button type="submit" loading={save.isPending}>
            {t.common.save}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
