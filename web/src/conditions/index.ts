/** Conditions: edited, and said in words. Import from here. */
export { ConditionEditor } from './ConditionEditor'
export { ConditionSummary } from './ConditionSummary'
export type { Condition } from './tree'
