import { useMutation } from '@tanstack/react-query'
import { api, type ModuleOut } from '../../api'
import { sayDone, sayProblem } from '../../parts/saying'
import { records as t } from '../../text/records'
import type { Values } from '../model'

interface What {
  where: Values | null
  sort: string[]
  columns: string[]
}

interface How {
  format: 'csv' | 'xlsx'
  delimiter?: 'comma' | 'semicolon'
}

/** Saves a list as a file for a spreadsheet. */
export function useExport(module: ModuleOut, { where, sort, columns }: What) {
  return useMutation({
    mutationFn: async (how: How) => {
      const { data, response } = await api.exportRecords({
        path: { module: module.key },
        query: {
          ...how,
          ...(where ? { where: JSON.stringify(where) } : {}),
          ...(sort.length > 0 ? { sort: sort.join(',') } : {}),
          columns: columns.join(','),
        },
        parseAs: 'blob',
        throwOnError: true,
      })
      saveFile(
        data as Blob,
        nameIn(response?.headers.get('Content-Disposition') ?? null, `${module.key}.${how.format}`),
      )
    },
    onSuccess: () => sayDone(t.exported),
    onError: (error) => sayProblem(error, t.notExported),
  })
}

/** The name that the server gives a file. */
export function nameIn(disposition: string | null, otherwise: string): string {
  const [, coded] = /filename\*=UTF-8''([^;]+)/.exec(disposition ?? '') ?? []
  try {
    return coded ? decodeURIComponent(coded) : otherwise
  } catch {
    return otherwise
  }
}

/** Has the browser save what was fetched. */
export function saveFile(content: Blob, name: string) {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(content)
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
}
