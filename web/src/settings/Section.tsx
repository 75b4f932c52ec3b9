import { Paper, Stack, Text, Title } from '@mantine/core'
import type { ReactNode } from 'react'

/** One card of a settings page: what it is about, and its fields. */
export function Section({ title, about, children }: { title: string; about?: string; children: ReactNode }) {
  return (
    <Paper p="md" mb="md" className="surface" component="section" aria-label={title}>
      <Title order={2}>{title}</Title>
      {about && (
        <Text size="sm" c="dimmed" mb="sm">
          {about}
        </Text>
      )}
      <Stack gap="sm" mt={about ? 0 : 'sm'}>
        {children}
      </Stack>
    </Paper>
  )
}
