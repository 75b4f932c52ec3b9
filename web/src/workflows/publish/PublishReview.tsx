import { Box, Modal, Skeleton, Stack, Text } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { api, queries, type Workflow } from '../../api'
import { useOpenWorkflow } from '../../editor/page'
import type { PanelProps } from '../../editor/panels/slots'
import { Problem } from '../../parts/Problem'
import { backlog as asking } from '../../text/backlog'
import { publish as t } from '../../text/trust'
import { type Answer, BacklogQuestion, isAsked } from '../backlog/BacklogQuestion'
import { Published } from './Published'
import { PublishForm } from './PublishForm'
import { ReviewBody } from './ReviewBody'
import { Section } from './Section'

/** Before publishing: what the draft does, what is different, and what follows. Then what happens next. */
export function PublishReview({ onClose }: PanelProps) {
  const { workflow, saver, save, adopt } = useOpenWorkflow()
  const [note, setNote] = useState('')
  const [chosen, setChosen] = useState<Answer | null>(null)
  const [done, setDone] = useState<Workflow | null>(null)
  const small = useMediaQuery('(max-width: 62em)')
  const { key } = workflow
  const found = useQuery({
    queryKey: ['review', key],
    queryFn: async () => {
      if (!(await save())) return null
      const { etag } = saver
      return { etag, review: (await api.reviewWorkflow({ path: { key }, throwOnError: true })).data }
    },
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  })
  const published = (next: Workflow) => {
    adopt(next)
    setDone(next)
    void queries.invalidateQueries({
      predicate: (query) => ['listVersions', 'listWorkflows', 'getHome'].includes(idOf(query.queryKey)),
    })
  }
  const again = () => void found.refetch()
  const past = found.data?.review.backlog
  const answer = isAsked(past) ? (chosen ?? past.trigger) : null
  return (
    <Modal opened onClose={onClose} title={t.title(workflow.name)} size={1080} fullScreen={small}>
      {done && found.data ? (
        <Published workflow={done} trigger={found.data.review.trigger} onClose={onClose} />
      ) : found.isFetching ? (
        <Waiting />
      ) : found.error ? (
        <Problem error={found.error} onRetry={again} />
      ) : !found.data ? (
        <Stack gap={4}>
          <Text fw={600}>{t.notSaved}</Text>
          <Text size="sm">{t.notSavedMore}</Text>
        </Stack>
      ) : (
        <>
          <ReviewBody review={found.data.review} workflow={workflow} onClose={onClose} />
          {isAsked(past) && answer && (
            <Box mt="lg">
              <Section title={asking.heading}>
                <BacklogQuestion found={past} module={workflow.module} value={answer} onChange={setChosen} />
              </Section>
            </Box>
          )}
          <PublishForm
            backlog={answer}
            review={found.data.review}
            workflow={workflow}
            etag={found.data.etag}
            note={note}
            onNote={setNote}
            onPublished={published}
            onAgain={again}
            onClose={onClose}
          />
        </>
      )}
    </Modal>
  )
}

/** The operation that a cached answer is of. */
function idOf(key: readonly unknown[]): string {
  const [first] = key
  return typeof first === 'object' && first !== null && '_id' in first ? String(first._id) : ''
}

function Waiting() {
  return (
    <Stack aria-busy aria-label={t.saving}>
      <Skeleton h={60} />
      <Skeleton h={140} />
      <Skeleton h={140} />
    </Stack>
  )
}
