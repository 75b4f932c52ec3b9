import { Alert, Button, Checkbox, Group, Stack, Text } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import { useState } from 'react'
import type { SentFiles } from '../../api'
import { Problem } from '../../parts/Problem'
import { files as t } from '../../text/files'
import { FileCard } from './FileCard'
import { inOrder, lossesOf } from './plan'
import type { Files } from './useFiles'

const SHOWN = 100

/** The second step: what each file would do; what would be lost has to be agreed to before it is applied. */
export function Plan({ files, plan }: { files: Files; plan: SentFiles }) {
  const { chosen, accepted, different } = files
  const [shown, setShown] = useState(SHOWN)
  const losses = lossesOf(chosen)
  const busy = files.read.isPending || files.apply.isPending
  const needed = losses.length > 0 && !accepted
  const [same, setSame] = useState(false)
  const hidden = plan.counts.same > 3 && plan.counts.same < plan.documents.length && !same
  const listed = inOrder(plan.documents).filter((one) => !hidden || one.action !== 'same')
  return (
    <Stack gap="sm">
      {different && (
        <Alert
          color="orange"
          variant="light"
          icon={<IconAlertTriangle aria-hidden />}
          title={t.stale}
          role="alert"
        >
          <Text size="sm">{t.staleAbout}</Text>
        </Alert>
      )}
      {files.read.error && <Problem error={files.read.error} title={t.notRead} />}
      {Boolean(files.failed) && <Problem error={files.failed} title={t.notApplied} />}
      <Group justify="space-between">
        <Text fw={600} data-testid="files-summary">
          {t.summary(chosen.length, plan.documents.length)}
        </Text>
        <Group gap="xs">
          <Button variant="subtle" onClick={files.again} disabled={busy}>
            {t.other}
          </Button>
          <Button
            variant="default"
            onClick={() => files.lookAgain(files.whole)}
            loading={files.read.isPending}
          >
            {t.again}
          </Button>
          <Button
            loading={files.apply.isPending}
            disabled={chosen.length === 0 || needed || busy}
            title={needed ? t.acceptNeeded : undefined}
            onClick={() => files.apply.mutate(plan)}
          >
            {t.apply(chosen.length)}
          </Button>
        </Group>
      </Group>
      {losses.length > 0 && (
        <Alert color="orange" variant="light" icon={<IconAlertTriangle aria-hidden />} title={t.lostTitle}>
          <Stack gap={4}>
            {losses.map(({ file, name, line }) => (
              <Text size="sm" key={`${file} ${line}`} style={{ overflowWrap: 'anywhere' }}>
                <b>{name}</b>: {line}
              </Text>
            ))}
            <Checkbox
              mt={6}
              label={t.accept}
              checked={accepted}
              onChange={(event) => files.setAccepted(event.currentTarget.checked)}
            />
          </Stack>
        </Alert>
      )}
      <Notes plan={plan} />
      <Checkbox
        label={t.whole}
        checked={files.whole}
        disabled={busy}
        onChange={(event) => files.lookAgain(event.currentTarget.checked)}
      />
      <Stack gap="xs" component="ul" p={0} m={0} style={{ listStyle: 'none' }} aria-label={t.list}>
        {listed.slice(0, shown).map((one) => (
          <FileCard
            key={one.file + one.source}
            file={one}
            included={!files.left.has(one.file)}
            marked={different?.has(one.file) ?? false}
            onInclude={(wanted) => files.include(one.file, wanted)}
          />
        ))}
      </Stack>
      {listed.length > shown && (
        <Button variant="default" onClick={() => setShown(shown + SHOWN)}>
          {t.moreWords(listed.length - shown)}
        </Button>
      )}
      {hidden && (
        <Button variant="subtle" onClick={() => setSame(true)}>
          {t.sameMore(plan.counts.same)}
        </Button>
      )}
    </Stack>
  )
}

/** What was not read, and what stays out. */
function Notes({ plan }: { plan: SentFiles }) {
  const lines = [
    ...(plan.counts.refused > 0 ? [t.refusedAbout(plan.counts.refused)] : []),
    ...(plan.ignored.length > 0 ? [t.ignored(plan.ignored)] : []),
  ]
  if (lines.length === 0) return null
  return (
    <Alert color="gray" variant="light" p="xs">
      {lines.map((line) => (
        <Text size="sm" key={line}>
          {line}
        </Text>
      ))}
    </Alert>
  )
}
