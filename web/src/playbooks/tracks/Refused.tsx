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
            <Named one={one} />: {one.message}
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

/** The record, as it is called, and the way to it; where there is none, what was asked for. */
function Named({ one: { module, record_id: id, record_title: title } }: { one: RefusedRecord }) {
  if (module === null) return id
  return (
    <Anchor component={Link} to={`/records/${module}/${encodeURIComponent(id)}`} size="sm" dir="auto">
      {title ?? id}
    </Anchor>
  )
}
