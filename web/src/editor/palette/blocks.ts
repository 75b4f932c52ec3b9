import type { BlockOut } from '../../api'

export interface BlockGroup {
  name: string
  blocks: BlockOut[]
}

/** The groups as people think of them; groups of other packages follow by name. */
const ORDER = ['Records', 'Messages', 'People', 'Logic', 'Time']
const rank = (name: string) => (ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length)

/** Blocks by group, those that match every word of what was typed. */
export function grouped(blocks: Iterable<BlockOut>, typed: string): BlockGroup[] {
  const words = typed.toLocaleLowerCase().split(/\s+/).filter(Boolean)
  const groups = new Map<string, BlockOut[]>()
  for (const block of blocks) {
    const text = `${block.label} ${block.group} ${block.description} ${block.key}`.toLocaleLowerCase()
    if (words.every((word) => text.includes(word)))
      groups.set(block.group, [...(groups.get(block.group) ?? []), block])
  }
  return [...groups]
    .map(([name, found]) => ({ name, blocks: found.toSorted((a, b) => order(a, b, words)) }))
    .toSorted(
      (a, b) =>
        closeness(a.blocks[0], words) - closeness(b.blocks[0], words) ||
        rank(a.name) - rank(b.name) ||
        a.name.localeCompare(b.name),
    )
}

/** While searching, those whose label begins with what was typed come first. */
function order(one: BlockOut, other: BlockOut, words: string[]): number {
  const starts = (block: BlockOut) =>
    words[0] && block.label.toLocaleLowerCase().startsWith(words[0]) ? 0 : 1
  return starts(one) - starts(other) || one.label.localeCompare(other.label)
}
