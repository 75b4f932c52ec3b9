import { Button } from '@mantine/core'
import { IconRotateClockwise } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { resetRecurrenceMutation } from '../../api'
import { confirm } from '../../parts/confirm'
import { sayDone, sayProblem } from '../../parts/saying'
import { firstTime as t } from '../../text/again'

interface Props {
  workflow: string
  record: string
}

/** Where a workflow ran once for a record already: let it start for this record once more. */
export function FirstTimeAgain({ workflow, record }: Props) {
  const cache = useQueryClient()
  const reset = useMutation({
    ...resetRecurrenceMutation(),
    onSuccess: () => {
      sayDone(t.done)
      cache.invalidateQueries()
    },
    onError: (error) => sayProblem(error),
  })
  const ask = async () => {
    if (await confirm({ title: t.title, about: t.about, yes: t.yes }))
      reset.mutate({ path: { key: workflow }, body: { record_id: record } })
  }
  return (
    <Button
      size="xs"
      variant="default"
      my={4}
      leftSection={<IconRotateClockwise size={14} aria-hidden />}
      loading={reset.isPending}
      onClick={ask}
    >
      {t.again}
    </Button>
  )
}
