import { Button, Center, FileInput, Paper, Skeleton, Stack, Text, Title } from '@mantine/core'
import { IconUpload } from '@tabler/icons-react'
import { useMutation, useQuery } from '@tanstack/react-query'
import { type FormEvent, type ReactNode, useEffect, useState } from 'react'
import { useParams } from 'react-router'
import { type ApiProblem, api, asProblem, getUploadLinkOptions } from '../api'
import { Problem } from '../parts/Problem'
import { When } from '../parts/When'
import { uploads as t } from '../text/uploads'

/** A document from somebody outside, who has the link and no account. */
export function Page() {
  const token = useParams().token ?? ''
  const [file, setFile] = useState<File | null>(null)
  const found = useQuery({
    ...getUploadLinkOptions({ path: { token } }),
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
  })
  const send = useMutation({
    mutationFn: (file: File) => api.uploadByLink({ path: { token }, body: { file }, throwOnError: true }),
  })
  const asked = found.data
  useEffect(() => {
    document.title = asked?.title ?? t.title
  }, [asked?.title])
  const problem = send.error ? asProblem(send.error) : null
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (file) send.mutate(file)
  }
  if (send.isSuccess) return <Said title={t.thanks} about={t.thanksAbout} />
  if (found.error) return <Closed problem={asProblem(found.error)} onRetry={() => found.refetch()} />
  if (problem?.status === 410) return <Closed problem={problem} />
  if (!asked)
    return (
      <Sheet>
        <Skeleton h={220} />
      </Sheet>
    )
  return (
    <Sheet>
      <form onSubmit={submit}>
        <Stack gap="md">
          {asked.organisation && (
            <Text size="sm" c="dimmed">
              {t.asks(asked.organisation)}
            </Text>
          )}
          <Title order={1} dir="auto" style={{ overflowWrap: 'anywhere' }}>
            {asked.title}
          </Title>
          {asked.description && (
            <Text size="sm" style={{ whiteSpace: 'pre-line', overflowWrap: 'anywhere' }} dir="auto">
              {asked.description}
            </Text>
          )}
          <FileInput
            label={t.choose}
            placeholder={t.choose}
            description={asked.document_type ? t.wanted(asked.document_type) : undefined}
            value={file}
            onChange={setFile}
            clearable
            withAsterisk
          />
          {problem && <Problem error={problem} title={t.notSent} />}
          <Button
            type="submit"
            leftSection={<IconUpload size={16} />}
            disabled={!file}
            loading={send.isPending}
          >
            {t.send}
          </Button>
          {asked.due_at && (
            <Text size="xs" c="dimmed">
              {t.until} <When at={asked.due_at} exact />
            </Text>
          )}
        </Stack>
      </form>
    </Sheet>
  )
}

function Sheet({ children }: { children: ReactNode }) {
  return (
    <Center component="main" mih="90vh" p="md">
      <Paper p="xl" w="100%" maw={560} className="surface">
        {children}
      </Paper>
    </Center>
  )
}

function Said({ title, about }: { title: string; about: string }) {
  return (
    <Sheet>
      <Title order={1}>{title}</Title>
      <Text size="sm" c="dimmed" mt="xs">
        {about}
      </Text>
    </Sheet>
  )
}

function Closed({ problem, onRetry }: { problem: ApiProblem; onRetry?: () => void }) {
  const about = [problem.message, problem.suggestion].filter(Boolean).join(' ')
  if (problem.status === 410) return <Said title={t.gone} about={about} />
  if (problem.status === 404) return <Said title={t.unknown} about={about} />
  return (
    <Sheet>
      <Title order={1} mb="xs">
        {t.title}
      </Title>
      <Problem error={problem} onRetry={onRetry} />
    </Sheet>
  )
}
