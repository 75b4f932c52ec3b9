import type { BlockOut } from '../../api'

export interface BlockGroup {
  name: string
  blocks: BlockOut[]
}

/** The groups as people think of them; groups of other packages follow by name. */
const ORDER = ['Records', 'Messages', 'People', 'Logic', 'Time']
const rank = (name: string) => (ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length)

/** Blocks by group, those that match every word of what was typed; not what something else sets. */
export function grouped(blocks: Iterable<BlockOut>, typed: string): BlockGroup[] {
  const words = typed.toLocaleLowerCase().split(/\s+/).filter(Boolean)
  const groups = new Map<string, BlockOut[]>()
  for (const block of blocks) {
    const text = `${block.label} ${block.group} ${block.description} ${block.key}`.toLocaleLowerCase()
    if (!block.internal && words.every((word) => text.includes(word)))
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

function order(one: BlockOut, other: BlockOut, words: string[]): number {
  return closeness(one, words) - closeness(other, words) || one.label.localeCompare(other.label)
}

/** While searching: a label that begins with what was typed is nearer than one that holds it, and than the rest. */
function closeness(block: BlockOut | undefined, [word]: string[]): number {
  const label = block?.label.toLocaleLowerCase() ?? ''
  if (!word || label.startsWith(word)) return 0
  return label.includes(word) ? 1 : 2
}
