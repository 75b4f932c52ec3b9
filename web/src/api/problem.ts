import type { FieldProblem, ProblemDocument } from './generated/types.gen'

/** What the API said was wrong (RFC 9457), or that it could not be reached at all (status 0). */
export class ApiProblem extends Error {
  readonly status: number
  readonly code: string
  readonly title: string
  readonly suggestion: string | null
  readonly problems: FieldProblem[]
  readonly retryAfter: number | null

  constructor(status: number, document: Partial<ProblemDocument>, retryAfter: number | null = null) {
    super(document.detail || document.title || 'Something went wrong.')
    this.name = 'ApiProblem'
    this.status = status
    this.code = document.code ?? 'unknown'
    this.title = document.title ?? 'Something went wrong'
    this.suggestion = document.suggestion ?? null
    this.problems = document.problems ?? []
    this.retryAfter = retryAfter
  }

  /** Nothing came back: the server is away, or the network is. */
  get unreachable(): boolean {
    return this.status === 0 || this.status === 502 || this.status === 503 || this.status === 504
  }

  /** Somebody else was quicker: the ETag sent is no longer the thing's. */
  get conflict(): boolean {
    return this.status === 412
  }

  /** The sentence about one place of what was sent, if there is one: `/fields/0/key`. */
  at(path: string): string | undefined {
    return this.problems.find((problem) => problem.path === path)?.message
  }
}

/** Any thrown value as a problem that can be shown. */
export function asProblem(error: unknown): ApiProblem {
  if (error instanceof ApiProblem) return error
  return new ApiProblem(-1, {
    title: 'Something went wrong',
    detail: error instanceof Error ? error.message : String(error),
  })
}
