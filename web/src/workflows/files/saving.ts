import { useMutation } from '@tanstack/react-query'
import { api } from '../../api'
import { sayDone, sayProblem } from '../../parts/saying'
import { nameIn, saveFile } from '../../records/list/exporting'
import { files as t } from '../../text/files'

/** Has the browser save files by their paths: one as YAML, several in an archive; none named: everything. */
export async function saveFiles(paths: string[]) {
  const [only] = paths
  const [folder = '', name = ''] = paths.length === 1 && only ? only.split('/') : []
  const { data, response } = name
    ? await api.exportFile({ path: { folder, name }, parseAs: 'blob', throwOnError: true })
    : await api.exportFiles({
        ...(paths.length > 0 ? { query: { file: paths } } : {}),
        parseAs: 'blob',
        throwOnError: true,
      })
  saveFile(
    data as unknown as Blob,
    nameIn(response?.headers.get('Content-Disposition') ?? null, name || 'files.zip'),
  )
}

/** The same behind a button or a menu: said when it is done, and why when it is not. */
export function useSaveFiles() {
  return useMutation({
    mutationFn: saveFiles,
    onSuccess: () => sayDone(t.saved),
    onError: (error) => sayProblem(error, t.notSaved),
  })
}
