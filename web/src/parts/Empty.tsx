import { Center, Stack, Text, ThemeIcon, Title } from '@mantine/core'
import type { Icon } from '@tabler/icons-react'
import type { ReactNode } from 'react'

interface Props {
  icon: Icon
  title: string
  /** What the page is for, and what comes next. */
  about: ReactNode
  /** The next step: a button. */
  children?: ReactNode
}

/** A page or a list with nothing on it yet. */
export function Empty({ icon: Sign, title, about, children }: Props) {
  return (
    <Center py={48} px="md">
      <Stack align="center" gap="xs" maw={460}>
        <ThemeIcon size={48} radius="xl" variant="light" aria-hidden>
          <Sign size={26} stroke={1.6} />
        </ThemeIcon>
        <Title order={2} ta="center">
          {title}
        </Title>
        <Text c="dimmed" size="sm" ta="center">
          {about}
        </Text>
        {children}
      </Stack>
    </Center>
  )
}
