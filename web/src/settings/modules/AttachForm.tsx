import { Alert, Button, Group, List, Stack, Text, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { attachTablesMutation } from '../../api'
import { asProblem } from '../../api/problem'
import { Problem } from '../../parts/Problem'
import { modules as words } from '../../text/modules'

/** Makes modules of tables that were there before (G5), and tells which could not be, and why. */
export function AttachForm() {
  const [schema, setSchema] = useState('public')
  const [table, setTable] = useState('')
  const cache = useQueryClient()
  const attach = useMutation({ ...attachTablesMutation(), onSuccess: () => cache.invalidateQueries() })
  const problem = attach.error ? asProblem(attach.error) : null
  const submit = (event: FormEvent) => {
    event.preventDefault()
    attach.mutate({ body: { schema: schema.trim(), table: table.trim() || null } })
  }
  const leftOut = Object.entries(attach.data?.left_out ?? {})
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        <Text size="sm">{words.attachAbout}</Text>
        {problem && <Problem error={problem} />}
        {attach.data && (
          <Alert color="green" title={words.attachedDone(attach.data.items.length)}>
            {attach.data.items.map((module) => module.label_plural).join(', ')}
          </Alert>
        )}
        {leftOut.length > 0 && (
          <Alert color="yellow" title={words.leftOut}>
            <List size="sm">
              {leftOut.map(([name, why]) => (
                <List.Item key={name}>
                  {name}: {why}
                </List.Item>
              ))}
            </List>
          </Alert>
        )}
        <TextInput
          label={words.schema}
          required
          value={schema}
          error={problem?.at('/schema')}
          onChange={(event) => setSchema(event.currentTarget.value)}
        />
        <TextInput
          label={words.tableName}
          description={words.tableAbout}
          value={table}
          error={problem?.at('/table')}
          onChange={(event) => setTable(event.currentTarget.value)}
        />
        <Group justify="flex-end">
          <Button type="submit" loading={attach.isPending}>
            {words.attachDo}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
