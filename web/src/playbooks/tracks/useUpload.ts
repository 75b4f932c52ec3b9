import { useMutation } from '@tanstack/react-query'
import { api } from '../../api'
import { sayDone, sayProblem } from '../../parts/saying'
import { tracks as t } from '../../text/tracks'
import { refreshTracks } from './refresh'

/** Uploads the document of a file step; with it the step is done. */
export function useUpload(track: number, step: string) {
  return useMutation({
    mutationFn: async (file: File) => {
      const uploaded = await api.uploadDocument({ body: { file }, throwOnError: true })
      const body = { documents: [uploaded.data.id] }
      await api.doPlaybookStep({ path: { track_id: track, step }, body, throwOnError: true })
    },
    onSuccess: () => sayDone(t.said.done),
    onError: (error) => sayProblem(error, t.failed),
    onSettled: refreshTracks,
  })
}
