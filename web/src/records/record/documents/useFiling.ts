import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api, type DocumentOut, type Filing } from '../../../api'
import { sayDone, sayProblem } from '../../../parts/saying'
import { documents as t } from '../../../text/documents'
import { upload } from '../../fields/upload'

/** What is being sent, and how much of it has arrived (0 to 1). */
export interface Sent {
  name: string
  part: number
}

/** Putting a record's documents in order: uploading, new versions, renaming and moving. */
export function useFiling(path: { module: string; record_id: string }) {
  const cache = useQueryClient()
  const [sent, setSent] = useState<Sent | null>(null)
  const refresh = () =>
    Promise.all(
      ['listRecordDocuments', 'listRecordChanges', 'listDocumentVersions'].map((_id) =>
        cache.invalidateQueries({ queryKey: [{ _id }] }),
      ),
    )
  const telling = async (file: File, work: (progress: (part: number) => void) => Promise<string>) => {
    setSent({ name: file.name, part: 0 })
    try {
      sayDone(await work((part) => setSent({ name: file.name, part })))
      await refresh()
    } catch (problem) {
      sayProblem(problem, t.notUploaded)
    }
  }
  return {
    sent,
    async upload(files: FileList | null, folder: string) {
      for (const file of Array.from(files ?? []))
        await telling(file, async (progress) => {
          const { id, name } = await upload(file, progress)
          await api.attachDocument({ path, body: { document_id: id, folder }, throwOnError: true })
          return t.attached(name)
        })
      setSent(null)
    },
    async addVersion(document: DocumentOut, file: File) {
      await telling(file, async (progress) => {
        const now = await upload(file, progress, `/api/v1/documents/${document.id}/versions`)
        return now.version === document.version ? t.unchanged(document.name) : t.replaced(now.name)
      })
      setSent(null)
    },
    async file(id: number, body: Filing) {
      const { data } = await api.fileDocument({ path: { document_id: id }, body, throwOnError: true })
      await refresh()
      return data
    },
    async remove(document: DocumentOut) {
      try {
        await api.removeDocument({ path: { document_id: document.id }, throwOnError: true })
        sayDone(t.removed(document.name))
        await refresh()
      } catch (problem) {
        sayProblem(problem, t.notRemoved)
      }
    },
    async move(id: number, folder: string) {
      try {
        const now = await this.file(id, { folder })
        sayDone(t.moved(now.name, now.folder || t.noFolder))
      } catch (problem) {
        sayProblem(problem, t.notSaved)
      }
    },
  }
}

export type FilingWork = ReturnType<typeof useFiling>
