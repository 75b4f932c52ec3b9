/** A workflow as a file, the same shape as `whereupon workflows export` writes. */
export interface WorkflowFile {
  name: string
  module: string | null
  description: string
  category: 'customer' | 'admin' | 'finance' | null
  document: Record<string, unknown>
}

const CATEGORIES = ['customer', 'admin', 'finance'] as const
export const LARGEST_FILE = 5_000_000

export type FileFault = 'not_json' | 'not_workflow'

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The workflow in a file's text, or why it holds none. The server checks the document itself. */
export function readWorkflowFile(text: string): WorkflowFile | FileFault {
  let found: unknown
  try {
    found = JSON.parse(text)
  } catch {
    return 'not_json'
  }
  if (!isObject(found) || typeof found.name !== 'string' || !isObject(found.document)) return 'not_workflow'
  return {
    name: found.name,
    module: typeof found.module === 'string' ? found.module : null,
    description: typeof found.description === 'string' ? found.description : '',
    category: CATEGORIES.find((item) => item === found.category) ?? null,
    document: found.document,
  }
}

/** How many blocks a document draws, for a word about the file. */
export function countBlocks(document: Record<string, unknown>): number {
  return Array.isArray(document.nodes) ? document.nodes.length : 0
}

/** A new workflow's document: its START is there, and knows what starts it. */
export function startingWith(trigger: string): Record<string, unknown> {
  return {
    format: 1,
    nodes: [{ key: 'start', block: 'start', config: { trigger } }],
    edges: [],
    settings: {},
  }
}
