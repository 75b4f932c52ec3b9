/** Everything about the server in one import: the typed calls, their query options, and its problems. */
import './client'

export { connection } from './connection'
export * from './generated/@tanstack/react-query.gen'
export * as api from './generated/sdk.gen'
export type * from './generated/types.gen'
export { ApiProblem, asProblem } from './problem'
export { queries } from './queries'
