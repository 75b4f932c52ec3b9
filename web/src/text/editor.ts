import { plural } from './format'

/** Words of the workflow editor. */
export const editor = {
  start: 'Start',
  next: 'Next',
  canvasLabel: 'Workflow',
  miniMap: 'Map of the workflow',
  unknownBlock: (key: string) => `Unknown block “${key}”`,
  unknownBlockMore: 'Its package is not installed',
  problemCount: (count: number) => plural(count, { one: '{n} problem', other: '{n} problems' }),
  adviceCount: (count: number) =>
    plural(count, { one: '{n} piece of advice', other: '{n} pieces of advice' }),
  insertHere: 'Add a block here',
  exitTip: (label: string) => `${label}: drag to a block, or click to add one`,
}
