import { Alert, Anchor, Button, Group, Skeleton, Stack, Text } from '@mantine/core'
import { IconPlayerStop } from '@tabler/icons-react'
import { useState } from 'react'
import { Link, useParams } from 'react-router'
import type { ScaleUpOut, StageOut } from '../../api'
import { PageHeader } from '../../parts/PageHeader'
import { PageProblem } from '../../parts/PageProblem'
import { Status } from '../../parts/Status'
import { isOpen } from '../../runs/bulk/shape'
import { useBulkDeeds } from '../../runs/bulk/useBulkDeeds'
import { stages as t } from '../../text/stages'
import { Begin, Decide, Finished } from './Decide'
import { StageCard } from './StageCard'
import { StepsLine } from './StepsLine'
import { lastOf, useDecisions, useScaleUp } from './useScaleUp'

/** /workflows/:key/stages – from a few records to all, with a look in between. */
export function Page() {
  const { key = '' } = useParams()
  const found = useScaleUp(key)
  if (found.error && !found.data) return <PageProblem error={found.error} onRetry={() => found.refetch()} />
  if (!found.data) return <Skeleton height={480} />
  return <Stages key={key} scaleUp={found.data} />
}

function Stages({ scaleUp }: { scaleUp: ScaleUpOut }) {
  const { workflow, status } = scaleUp
  const decisions = useDecisions(workflow.key)
  const last = lastOf(scaleUp)
  return (
    <>
      <PageHeader
        title={t.title(workflow.name)}
        about={workflow.state === 'active' ? null : t.about}
        beside={<Status of={workflow.state} />}
      >
        <Anchor component={Link} to={`/workflows/${workflow.key}`} size="sm">
          {t.openWorkflow}
        </Anchor>
      </PageHeader>
      <Stack gap="md">
        <StepsLine scaleUp={scaleUp} />
        {status === 'finished' && <Finished scaleUp={scaleUp} decisions={decisions} />}
        {status === 'stopped' && (
          <Alert color="gray" title={t.stoppedTitle}>
            {t.stoppedAbout}
          </Alert>
        )}
        {status !== 'open' && (status !== 'finished' || scaleUp.redrawn) && (
          <Begin scaleUp={scaleUp} decisions={decisions} />
        )}
        {scaleUp.stages.map((stage) => (
          <StageCard
            key={`${stage.bulk_run} ${isOpen(stage)} ${stage === last}`}
            stage={stage}
            module={scaleUp.module}
            isLast={stage === last}
            byDates={scaleUp.by_dates}
          />
        ))}
        {status === 'open' && last && isOpen(last) && <UnderWay stage={last} />}
        {status === 'open' && last && !isOpen(last) && (
          <Decide scaleUp={scaleUp} decisions={decisions} stage={last} />
        )}
      </Stack>
    </>
  )
}

function UnderWay({ stage }: { stage: StageOut }) {
  const deeds = useBulkDeeds(stage.bulk_run)
  const [asked, setAsked] = useState(false)
  return (
    <Group gap="sm">
      <Text size="sm" c="dimmed" role="status">
        {t.wait}
      </Text>
      <Button
        size="xs"
        variant="default"
        leftSection={<IconPlayerStop size={14} />}
        loading={deeds.busy || asked}
        onClick={async () => {
          setAsked(true)
          await deeds.cancel()
          setAsked(false)
        }}
      >
        {t.cancel}
      </Button>
    </Group>
  )
}
