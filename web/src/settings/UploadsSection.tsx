import { Button, Checkbox, Group, NumberInput, Skeleton, Stack } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import {
  api,
  asProblem,
  type DocumentLimits,
  getDocumentLimitsOptions,
  getDocumentLimitsQueryKey,
} from '../api'
import { Problem } from '../parts/Problem'
import { sayDone } from '../parts/saying'
import { limits as t } from '../text/documents'
import { Section } from './Section'

/** Which files people may upload. */
export function UploadsSection() {
  const found = useQuery(getDocumentLimitsOptions())
  if (found.error) return <Problem error={found.error} onRetry={() => found.refetch()} />
  if (!found.data) return <Skeleton height={220} mb="md" />
  return <Uploads now={found.data} />
}

function Uploads({ now }: { now: DocumentLimits }) {
  const cache = useQueryClient()
  const [draft, setDraft] = useState(now)
  const save = useMutation({
    mutationFn: async () => (await api.setDocumentLimits({ body: draft, throwOnError: true })).data,
    onSuccess: (kept) => {
      sayDone(t.saved)
      cache.setQueryData(getDocumentLimitsQueryKey(), kept)
    },
  })
  const problem = save.error ? asProblem(save.error) : null
  const submit = (event: FormEvent) => {
    event.preventDefault()
    save.mutate()
  }
  return (
    <form onSubmit={submit}>
      <Section title={t.title} about={t.about}>
        {problem && <Problem error={problem} />}
        <NumberInput
          label={t.megabytes}
          min={1}
          max={200}
          maw={240}
          value={draft.megabytes}
          onChange={(value) => setDraft({ ...draft, megabytes: typeof value === 'number' ? value : 25 })}
          error={problem?.at('/megabytes')}
        />
        <Checkbox.Group
          label={t.kinds}
          value={draft.kinds ?? []}
          onChange={(kinds) => setDraft({ ...draft, kinds: kinds as NonNullable<DocumentLimits['kinds']> })}
          error={problem?.at('/kinds')}
        >
          <Stack gap={6} mt={6}>
            {Object.entries(t.kindNames).map(([value, label]) => (
              <Checkbox key={value} value={value} label={label} />
            ))}
          </Stack>
        </Checkbox.Group>
        <Group justify="flex-end">
          <Button type="submit" variant="default" loading={save.isPending} disabled={!draft.kinds?.length}>
            {t.save}
          </Button>
        </Group>
      </Section>
    </form>
  )
}
