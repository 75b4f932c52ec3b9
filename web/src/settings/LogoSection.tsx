import { Button, Group, Skeleton, Text } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useRef } from 'react'
import { api, getLogoOptions, getLogoQueryKey } from '../api'
import { Problem } from '../parts/Problem'
import { sayDone, sayProblem } from '../parts/saying'
import { upload } from '../records/fields/upload'
import { logo as t } from '../text/documents'
import { Section } from './Section'

/** The picture that papers show as the organisation's logo. */
export function LogoSection() {
  const input = useRef<HTMLInputElement>(null)
  const cache = useQueryClient()
  const found = useQuery(getLogoOptions())
  const save = useMutation({
    mutationFn: async (file: File | null) => {
      const document_id = file ? (await upload(file, () => undefined)).id : null
      return (await api.setLogo({ body: { document_id }, throwOnError: true })).data
    },
    onSuccess: (now) => {
      sayDone(now.document ? t.saved : t.removed)
      cache.setQueryData(getLogoQueryKey(), now)
    },
    onError: (error) => sayProblem(error, t.notSaved),
  })
  if (found.error) return <Problem error={found.error} onRetry={() => found.refetch()} />
  if (!found.data) return <Skeleton height={120} mb="md" />
  const { document } = found.data
  return (
    <Section title={t.title} about={t.about}>
      <Group gap="md">
        {document ? (
          <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
            {document.name}
          </Text>
        ) : (
          <Text size="sm" c="dimmed">
            {t.none}
          </Text>
        )}
        <Button size="xs" variant="default" loading={save.isPending} onClick={() => input.current?.click()}>
          {document ? t.change : t.choose}
        </Button>
        {document && (
          <Button size="xs" variant="default" onClick={() => save.mutate(null)}>
            {t.remove}
          </Button>
        )}
      </Group>
      <input
        ref={input}
        type="file"
        accept="image/png,image/jpeg,image/gif,image/webp"
        hidden
        aria-label={t.choose}
        onChange={(event) => {
          const file = event.currentTarget.files?.[0]
          event.currentTarget.value = ''
          if (file) save.mutate(file)
        }}
      />
    </Section>
  )
}
