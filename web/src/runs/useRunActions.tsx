import { Stack } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { cancelRunsMutation, type Run, releaseRunsMutation, rerunRunMutation } from '../api'
import { confirm } from '../parts/confirm'
import { sayDone, sayProblem } from '../parts/saying'
import { runs as words } from '../text/runs'

/** What a person does about runs: cancel, release, run again. Each says what became of it. */
export function useRunActions(onDone: (rerun?: number) => void) {
  const cache = useQueryClient()
  const done = (message: string, rerun?: number) => {
    sayDone(message)
    cache.invalidateQueries()
    onDone(rerun)
  }
  const cancel = useMutation({
    ...cancelRunsMutation(),
    onSuccess: ({ ids }) => done(ids.length ? words.cancelled(ids.length) : words.nothingToCancel),
    onError: (error) => sayProblem(error),
  })
  const release = useMutation({
    ...releaseRunsMutation(),
    onSuccess: ({ ids }) => done(words.released(ids.length)),
    onError: (error) => sayProblem(error),
  })
  const rerun = useMutation({
    ...rerunRunMutation(),
    onSuccess: (made) => done(words.rerunDone, made.id),
    onError: (error) => sayProblem(error, words.rerunNot),
  })
  const ids = (runs: Pick<Run, 'id'>[]) => ({ body: { ids: runs.map((run) => run.id) } })
  return {
    busy: cancel.isPending || release.isPending || rerun.isPending,
    /** `ends`: what ends with them, in sentences, where that is known. */
    cancel: async (runs: Pick<Run, 'id'>[], ends: readonly string[] = [words.cancelToo]) => {
      const question = {
        title: words.cancelTitle(runs.length),
        about: <Sentences of={[words.cancelAbout(runs.length), ...ends]} />,
        yes: words.cancelYes,
        no: runs.length === 1 ? words.cancelNo : words.cancelNoMany,
        danger: true,
      }
      if (await confirm(question)) cancel.mutate(ids(runs))
    },
    release: (runs: Pick<Run, 'id'>[]) => release.mutate(ids(runs)),
    rerun: (run: Pick<Run, 'id'>, startAt: 'start' | 'failed') =>
      rerun.mutate({ path: { run_id: run.id }, body: { start_at: startAt } }),
  }
}

function Sentences({ of }: { of: readonly string[] }) {
  return (
    <Stack gap="xs">
      {of.map((sentence) => (
        <span key={sentence}>{sentence}</span>
      ))}
    </Stack>
  )
}
