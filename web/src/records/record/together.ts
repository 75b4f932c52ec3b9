import type { ActivityOut, ChangeOut } from '../../api'

/** A line of the timeline: a change, or an activity. */
export interface Line {
  change?: ChangeOut
  activity?: ActivityOut
}

/**
 * Changes and activities in one order, the latest first. While there are earlier changes that were not
 * fetched, activities before the last one shown wait for them.
 */
export function together(changes: ChangeOut[], activities: ActivityOut[], more: boolean): Line[] {
  const last = changes.at(-1)
  const known = activities.filter((one) => !more || !last || at(one.happened_at) >= at(last.at))
  const lines: (Line & { when: number })[] = [
    ...changes.map((change) => ({ change, when: at(change.at) })),
    ...known.map((activity) => ({ activity, when: at(activity.happened_at) })),
  ]
  return lines.sort((one, other) => other.when - one.when)
}

function at(moment: string): number {
  return new Date(moment).getTime()
}
