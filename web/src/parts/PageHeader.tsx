import { Group, Stack, Text, Title } from '@mantine/core'
import { type ReactNode, useEffect } from 'react'
import { t } from '../text'

interface Props {
  title: string
  /** One sentence on what the page is for; left out where the title says it. */
  about?: ReactNode
  /** Beside the title: a state badge. */
  beside?: ReactNode
  /** Buttons at the right; the main one last. */
  children?: ReactNode
}

/** The top of every page; it names the browser's tab, too. */
export function PageHeader({ title, about, beside, children }: Props) {
  useEffect(() => {
    document.title = `${title} · ${t.frame.product}`
  }, [title])
  return (
    <Group justify="space-between" align="flex-start" mb="md" wrap="wrap" gap="sm">
      <Stack gap={2} flex="1 1 320px" miw={0}>
        <Group gap="xs">
          <Title order={1}>{title}</Title>
          {beside}
        </Group>
        {about && (
          <Text c="dimmed" size="sm" component="div">
            {about}
          </Text>
        )}
      </Stack>
      {children && <Group gap="xs">{children}</Group>}
    </Group>
  )
}
