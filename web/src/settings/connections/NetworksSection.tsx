import { Button, Group, Skeleton, TagsInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { api, getEgressOptions, getEgressQueryKey } from '../../api'
import { asProblem } from '../../api/problem'
import { Problem } from '../../parts/Problem'
import { sayDone } from '../../parts/saying'
import { connections as words } from '../../text/connections'
import { Section } from '../Section'

/** The networks that requests may go to beside the public Internet. */
export function NetworksSection() {
  const found = useQuery(getEgressOptions())
  if (found.error) return <Problem error={found.error} onRetry={() => found.refetch()} />
  if (!found.data) return <Skeleton height={140} />
  return <Networks now={found.data.allowed_networks ?? []} />
}

function Networks({ now }: { now: string[] }) {
  const cache = useQueryClient()
  const [draft, setDraft] = useState(now)
  const save = useMutation({
    mutationFn: async () =>
      (await api.setEgress({ body: { allowed_networks: draft }, throwOnError: true })).data,
    onSuccess: (kept) => {
      sayDone(words.networksSaved)
      cache.setQueryData(getEgressQueryKey(), kept)
      setDraft(kept.allowed_networks ?? [])
    },
  })
  const problem = save.error ? asProblem(save.error) : null
  const wrong = problem?.problems.find((one) => one.path.startsWith('/allowed_networks'))
  const submit = (event: FormEvent) => {
    event.preventDefault()
    save.mutate()
  }
  return (
    <form onSubmit={submit}>
      <Section title={words.networks} about={words.networksAbout}>
        {problem && !wrong && <Problem error={problem} />}
        <TagsInput
          label={words.networksLabel}
          description={words.networksHelp}
          value={draft}
          onChange={setDraft}
          error={wrong?.message}
          maxTags={100}
          acceptValueOnBlur
        />
        <Group justify="flex-end">
          <Button type="submit" variant="default" loading={save.isPending}>
            {words.networksSave}
          </Button>
        </Group>
      </Section>
    </form>
  )
}
