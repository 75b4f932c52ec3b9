import type { GalleryItem } from '../../api'

export interface Wanted {
  search: string
  pack: string | null
  category: string | null
}

const plain = (text: string) => text.toLocaleLowerCase().normalize('NFKD').replace(/\p{M}/gu, '')

/** The items that fit; every word of the search must stand somewhere in what is told of them. */
export function fitting(items: readonly GalleryItem[], { search, pack, category }: Wanted): GalleryItem[] {
  const words = plain(search).split(/\s+/).filter(Boolean)
  return items.filter((item) => {
    if (pack && item.pack !== pack) return false
    if (category && item.category !== category) return false
    const steps = item.steps.map((step) => `${step.label} ${step.sentence}`)
    const told = plain([item.name, item.description, item.trigger, item.pack_name, ...steps].join(' '))
    return words.every((word) => told.includes(word))
  })
}

/** The packs of the items, each once, in order of their names. */
export function packsOf(items: readonly GalleryItem[]): { value: string; label: string }[] {
  const found = new Map(items.map((item) => [item.pack, item.pack_name]))
  return [...found].map(([value, label]) => ({ value, label })).sort((a, b) => a.label.localeCompare(b.label))
}
