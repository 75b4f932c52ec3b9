import type { DocumentOut } from '../../../api'

/** The kind of data that a dragged document carries: its number. */
export const DRAGGED = 'application/x-whereupon-document'

export interface FolderOfDocuments {
  /** "" for those that are in none. */
  path: string
  documents: DocumentOut[]
}

/** The documents by folder: those in none first, then the folders by name. */
export function foldersOf(documents: readonly DocumentOut[]): FolderOfDocuments[] {
  const found = new Map<string, DocumentOut[]>()
  for (const document of documents) {
    const some = found.get(document.folder) ?? []
    some.push(document)
    found.set(document.folder, some)
  }
  return [...found.entries()]
    .map(([path, some]) => ({ path, documents: some }))
    .sort((a, b) => a.path.localeCompare(b.path, undefined, { numeric: true }))
}
