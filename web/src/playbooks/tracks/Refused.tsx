import { Alert, List } from '@mantine/core'
import type { RefusedRecord } from '../../api'
import { tracks as t } from '../../text/tracks'

const MOST = 20

/** Records on which a playbook was not started, and why. */
export function Refused({ refused }: { refused: readonly RefusedRecord[] }) {
  return (
    <Alert color="orange" title={t.refusedTitle(refused.length)} role="status">
      <List size="sm">
        {refused.slice(0, MOST).map((one) => (
          <List.Item key={one.record_id}>
            {one.record_id}: {one.message}
          </List.Item>
        ))}
      </List>
    </Alert>
  )
}
