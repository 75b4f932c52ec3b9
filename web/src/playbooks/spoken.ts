/** A name as it is written, with variables told from words: "Papers about claim ‹number›". */
export function spoken(name: string): string {
  return name.replace(
    /\{\{\s*([^}|]+?)\s*(\|[^}]*)?\}\}/g,
    (_all, path: string) => `‹${path.split('.').slice(1).join(' ') || path}›`,
  )
}
