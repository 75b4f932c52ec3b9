import { QueryClient } from '@tanstack/react-query'
import { asProblem } from './problem'

/**
 * Without a connection, for a minute and more: a bar says so meanwhile. A server that answers that it cannot
 * just now is asked twice again; then the page shows what it said.
 */
function isWorthAnotherTry(failures: number, error: unknown): boolean {
  const problem = asProblem(error)
  return problem.unreachable && failures < (problem.status === 503 ? 2 : 20)
}

/** What was read is good for ten seconds; the live stream says when it is not. */
export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      retry: isWorthAnotherTry,
      retryDelay: (attempt) => Math.min(500 * 2 ** attempt, 5_000),
      networkMode: 'always',
    },
    mutations: { networkMode: 'always' },
  },
})
