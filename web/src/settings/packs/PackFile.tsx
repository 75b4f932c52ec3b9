import { Alert, Button, Group, List, Loader, Paper, Stack, Text, Title } from '@mantine/core'
import { IconAlertTriangle, IconPackage } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { api, type PackCheck } from '../../api'
import { Problem } from '../../parts/Problem'
import { sayDone, sayProblem } from '../../parts/saying'
import classes from '../../records/record/Documents.module.css'
import { settings } from '../../text/settings'
import { Report } from './Report'

const words = settings.packs
const own = words.file

/** A pack from a file: dropped, checked, and installed or brought up to date when it is sound. */
export function PackFile() {
  const cache = useQueryClient()
  const input = useRef<HTMLInputElement>(null)
  const [over, setOver] = useState(false)
  const [file, setFile] = useState<File | null>(null)
  const check = useMutation({
    mutationFn: async (file: File) => (await api.checkPackFile({ body: { file }, throwOnError: true })).data,
    onMutate: setFile,
  })
  const install = useMutation({
    mutationFn: async ({ file, take }: { file: File; take: string[] }) =>
      (await api.installPackFile({ body: { file }, query: { take }, throwOnError: true })).data,
    onSuccess: (made) => {
      sayDone(made.update ? words.updated(made.name) : own.done(made.name))
      check.reset()
      cache.invalidateQueries()
    },
    onError: (error) => sayProblem(error, own.failed),
  })
  const send = (chosen: FileList | null) => chosen?.[0] && check.mutate(chosen[0])
  const found = check.data
  const doIt = (take: string[] = []) => file && install.mutate({ file, take })
  return (
    <Paper className="surface" p="md" mt="md" data-testid="pack-file">
      <Title order={2}>{own.title}</Title>
      <Text size="sm" c="dimmed" mb="sm">
        {own.about}
      </Text>
      <button
        type="button"
        className={classes.drop}
        style={{ minHeight: 90 }}
        data-over={over || undefined}
        disabled={check.isPending}
        onClick={() => input.current?.click()}
        onDragOver={(event) => {
          event.preventDefault()
          setOver(true)
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault()
          setOver(false)
          send(event.dataTransfer.files)
        }}
      >
        <IconPackage size={24} stroke={1.4} aria-hidden />
        {own.drop}
      </button>
      <input
        ref={input}
        type="file"
        accept=".zip,application/zip"
        hidden
        aria-label={own.drop}
        onChange={(event) => {
          send(event.currentTarget.files)
          event.currentTarget.value = ''
        }}
      />
      {check.isPending && (
        <Group gap="xs" mt="sm" role="status">
          <Loader size="xs" />
          <Text size="sm">{own.reading(file?.name ?? '')}</Text>
        </Group>
      )}
      {check.error && <Problem error={check.error} title={own.notRead} />}
      {found && found.problems.length > 0 && <Unsound found={found} name={found.name ?? file?.name ?? ''} />}
      {found && found.problems.length === 0 && !found.update && (
        <Sound
          found={found}
          busy={install.isPending}
          onLeave={() => check.reset()}
          onInstall={() => doIt()}
        />
      )}
      {found?.update && found.problems.length === 0 && (
        <Report
          report={found.update}
          title={words.wouldUpdate(found.name ?? '')}
          {...(found.update.steps.some((step) => step.action !== 'keep')
            ? { doIt: words.updateNow, onDo: doIt }
            : {})}
          busy={install.isPending}
          onClose={() => check.reset()}
        />
      )}
    </Paper>
  )
}

/** What is wrong with it, file by file. */
function Unsound({ found, name }: { found: PackCheck; name: string }) {
  return (
    <Alert
      color="red"
      variant="light"
      mt="sm"
      role="alert"
      icon={<IconAlertTriangle aria-hidden />}
      title={own.unsound(name)}
    >
      <Text size="sm" mb={4}>
        {own.unsoundAbout(found.problems.length)}
      </Text>
      <List size="sm" spacing={4}>
        {found.problems.map((fault) => (
          <List.Item
            key={`${fault.file} ${fault.path} ${fault.message}`}
            style={{ overflowWrap: 'anywhere' }}
          >
            <b>{[fault.file ?? own.whole, fault.path].filter(Boolean).join(' ')}</b>: {fault.message}{' '}
            {fault.suggestion}
          </List.Item>
        ))}
      </List>
    </Alert>
  )
}

interface SoundProps {
  found: PackCheck
  busy: boolean
  onLeave: () => void
  onInstall: () => void
}

/** What a sound pack brings, and the button that installs it. */
function Sound({ found, busy, onLeave, onInstall }: SoundProps) {
  const counted = Object.entries(found.counts)
    .filter(([, count]) => count > 0)
    .map(([what, count]) => own.counts[what]?.(count) ?? `${count} ${what}`)
  return (
    <Stack gap="xs" mt="sm" role="status">
      <Title order={3}>{own.sound(found.name ?? '')}</Title>
      {found.description && <Text size="sm">{found.description}</Text>}
      {counted.length > 0 && (
        <Text size="sm">
          {own.brings} {counted.join(', ')}.
        </Text>
      )}
      {found.people.length > 0 && (
        <>
          <Text size="sm" fw={600}>
            {own.people}
          </Text>
          <List size="sm">
            {found.people.map((one) => (
              <List.Item key={one.email}>
                {one.name} ({one.email}): {one.roles.join(', ') || own.noRole}
              </List.Item>
            ))}
          </List>
        </>
      )}
      <Text size="sm" c="dimmed">
        {own.trust}
      </Text>
      <Group justify="flex-end" gap="xs">
        <Button variant="default" onClick={onLeave} disabled={busy}>
          {own.leave}
        </Button>
        <Button onClick={onInstall} loading={busy}>
          {own.install}
        </Button>
      </Group>
    </Stack>
  )
}
