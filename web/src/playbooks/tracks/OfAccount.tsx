import { Anchor, Table, Text } from '@mantine/core'
import { Link } from 'react-router'
import type { TrackLine } from '../../api'
import { Status } from '../../parts/Status'
import { When } from '../../parts/When'
import { tracks as t } from '../../text/tracks'
import { spoken } from '../spoken'

/** How far playbooks are on the records that belong to an account. */
export function OfAccount({ tracks }: { tracks: readonly TrackLine[] }) {
  return (
    <Table.ScrollContainer minWidth={480} mah={280}>
      <Table verticalSpacing={4} aria-label={t.ofAccountLabel}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t.column.record}</Table.Th>
            <Table.Th>{t.column.playbook}</Table.Th>
            <Table.Th>{t.column.status}</Table.Th>
            <Table.Th>{t.column.step}</Table.Th>
            <Table.Th>{t.column.due}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {tracks.map((track) => (
            <Table.Tr key={track.id}>
              <Table.Td>
                <Anchor component={Link} to={`/records/${track.module}/${track.record_id}`} size="sm">
                  {track.record_title ?? track.record_id}
                </Anchor>
              </Table.Td>
              <Table.Td>{track.playbook_name}</Table.Td>
              <Table.Td>
                <Status of={track.status} label={t.status[track.status]} />
              </Table.Td>
              <Table.Td>
                {track.step ? spoken(track.step.name) : ''}
                <Text size="xs" c="dimmed">
                  {track.phase ? `${track.phase}, ` : ''}
                  {t.progress(track.done, track.total)}
                </Text>
              </Table.Td>
              <Table.Td>{track.due_at && <When at={track.due_at} />}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  )
}
