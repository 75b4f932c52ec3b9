import { Anchor, Group } from '@mantine/core'
import { IconArrowLeft } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { Link } from 'react-router'

/** Above a page's title: the way back to the list that it came from. */
export function BackLink({ to, children }: { to: string; children: ReactNode }) {
  return (
    <Anchor component={Link} to={to} size="sm">
      <Group gap={4} mb={6}>
        <IconArrowLeft size={15} aria-hidden /> {children}
      </Group>
    </Anchor>
  )
}
