/** A workflow to look at, for runs, tests and versions. */
export type { Decoration } from './flow'
export { WorkflowCanvas } from './WorkflowCanvas'
