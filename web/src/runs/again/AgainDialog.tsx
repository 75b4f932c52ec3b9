import { Alert, Button, Group, Modal, Select, Skeleton, Stack, Text } from '@mantine/core'
import { IconAlertTriangle, IconTool } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useNavigate } from 'react-router'
import {
  type DrawingOut,
  previewRerunOptions,
  type RerunPreview,
  rerunRunMutation,
  type WholeRun,
} from '../../api'
import { Problem } from '../../parts/Problem'
import { sayDone, sayProblem } from '../../parts/saying'
import { t as shared } from '../../text'
import { again as t } from '../../text/again'
import { runs as words } from '../../text/runs'
import { useTitles } from './useTitles'
import { WhatFollows } from './WhatFollows'

interface Props {
  run: WholeRun
  drawing: DrawingOut
  /** The block that is proposed. */
  from: string | null
  onClose: () => void
}

/** Run again from a block: which one, what is executed again, and what goes out a second time. */
export function AgainDialog({ run, drawing, from, onClose }: Props) {
  const titles = useTitles(drawing)
  const [block, setBlock] = useState(from)
  const asked = useQuery({
    ...previewRerunOptions({ path: { run_id: run.id }, query: { from_block: block ?? '' } }),
    enabled: block !== null,
    staleTime: 0,
    gcTime: 0,
    retry: false,
  })
  const preview = asked.data?.block === block ? asked.data : undefined
  return (
    <Modal opened onClose={onClose} title={t.title} size="lg">
      <Stack gap="md">
        <Select
          label={t.at}
          data={[...titles].map(([value, label]) => ({ value, label }))}
          value={block}
          onChange={setBlock}
          allowDeselect={false}
          searchable={titles.size > 12}
          comboboxProps={{ withinPortal: true }}
        />
        {asked.error ? (
          <Problem error={asked.error} title={t.not} />
        ) : preview ? (
          <WhatFollows run={run} preview={preview} titles={titles} />
        ) : (
          block && <Skeleton h={160} role="status" aria-label={t.reading} />
        )}
        <Answer run={run} preview={asked.error ? undefined : preview} onClose={onClose} />
      </Stack>
    </Modal>
  )
}

interface AnswerProps {
  run: WholeRun
  preview: RerunPreview | undefined
  onClose: () => void
}

function Answer({ run, preview, onClose }: AnswerProps) {
  const navigate = useNavigate()
  const cache = useQueryClient()
  const rerun = useMutation({
    ...rerunRunMutation(),
    onSuccess: (made) => {
      sayDone(words.rerunDone)
      cache.invalidateQueries()
      onClose()
      navigate(`/runs/${made.id}`)
    },
    onError: (error) => sayProblem(error, words.rerunNot),
  })
  const fixed = Boolean(preview?.fix_first)
  const begin = () =>
    preview && rerun.mutate({ path: { run_id: run.id }, body: { from_block: preview.block, fixed } })
  return (
    <>
      {preview?.fix_first ? (
        <Alert color="orange" icon={<IconTool aria-hidden />} title={t.fixTitle}>
          {preview.fix_first}
        </Alert>
      ) : (
        preview && <GoesOut preview={preview} />
      )}
      <Group justify="flex-end" gap="xs">
        <Button variant="default" onClick={onClose}>
          {shared.common.cancel}
        </Button>
        <Button disabled={!preview} loading={rerun.isPending} onClick={begin}>
          {fixed ? t.fixed : t.yes}
        </Button>
      </Group>
    </>
  )
}

function GoesOut({ preview }: { preview: RerunPreview }) {
  const { messages, calls, runs } = preview
  if (messages + calls + runs === 0)
    return (
      <Text size="sm">
        {t.madeNothing} {t.writes}
      </Text>
    )
  return (
    <Alert color="yellow" icon={<IconAlertTriangle aria-hidden />} title={t.madeTitle}>
      {t.made(messages, calls, runs)} {t.writes}
    </Alert>
  )
}
