import { Title } from '@mantine/core'
import type { ReactNode } from 'react'

/** A part of the review under its heading. */
export function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section>
      <Title order={3} mb={4}>
        {title}
      </Title>
      {children}
    </section>
  )
}
