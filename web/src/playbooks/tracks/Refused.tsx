import { Alert, Anchor, List, Text } from '@mantine/core'
import { Link } from 'react-router'
import type { RefusedRecord } from '../../api'
import { tracks as t } from '../../text/tracks'

const MOST = 20

/** Records on which a playbook was not started, each with the way to it, and why. */
export function Refused({ refused }: { refused: readonly RefusedRecord[] }) {
  return (
    <Alert color="orange" title={t.refusedTitle(refused.length)} role="status">
      <List size="sm" style={{ overflowWrap: 'anywhere' }}>
        {refused.slice(0, MOST).map((one) => (
          <List.Item key={one.record_id}>
            <Anchor
              component={Link}
              to={`/records/${one.module}/${encodeURIComponent(one.record_id)}`}
              size="sm"
              dir="auto"
            >
              {one.record_title ?? one.record_id}
            </Anchor>
            : {one.message}
          </List.Item>
        ))}
      </List>
      {refused.length > MOST && (
        <Text size="sm" c="dimmed" mt={4}>
          {t.andMore(refused.length - MOST)}
        </Text>
      )}
    </Alert>
  )
}
