import { plural } from './format'

/** Words about schedules; see text/index.ts. */
export const schedule = {
  every: 'How often',
  everyMinutes: 'Every so many minutes',
  minutes: (count: number) => plural(count, { one: 'every minute', other: 'every {n} minutes' }),
  minute: 'Minute of the hour',
  at: 'At',
  onDays: 'On',
  daysOfMonth: 'On these days',
  dayOfMonth: (day: number) => `Day ${day}`,
  lastDay: 'Last day',
  shortMonth: 'In a month without that day',
  daysOfYear: 'On these days of the year',
  addDay: 'Add a day',
  removeDay: (day: string) => `Remove ${day}`,
  month: (number: number) => `Month of day ${number}`,
  day: (number: number) => `Day ${number}`,
  dates: 'On these dates',
  chooseDates: 'Choose dates',
  date: 'Date',
  next: (count: number, zone: string) =>
    `${count > 1 ? `The next ${count} times` : 'Next'} (${zone.replace(/_/g, ' ')})`,
}
