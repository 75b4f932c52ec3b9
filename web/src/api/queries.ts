import { QueryClient } from '@tanstack/react-query'
import { asProblem } from './problem'

/** What was read is good for ten seconds; the live stream says when it is not. */
export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      retry: (failures, error) => asProblem(error).unreachable && failures < 20,
      retryDelay: (attempt) => Math.min(500 * 2 ** attempt, 5_000),
      networkMode: 'always',
    },
    mutations: { networkMode: 'always' },
  },
})
