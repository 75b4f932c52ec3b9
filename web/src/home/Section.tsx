import { Group, Paper, Title } from '@mantine/core'
import { type ReactNode, useId } from 'react'

interface Props {
  title: string
  /** At the right of the title: a link to more. */
  beside?: ReactNode
  children: ReactNode
}

/** One card of the first page, with its heading. */
export function Section({ title, beside, children }: Props) {
  const id = useId()
  return (
    <Paper component="section" className="surface" aria-labelledby={id} p="md">
      <Group justify="space-between" mb="xs">
        <Title order={2} id={id}>
          {title}
        </Title>
        {beside}
      </Group>
      {children}
    </Paper>
  )
}
