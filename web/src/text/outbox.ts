interface HeldWords {
  short: string
  why: string
  what: string
}

/** Words of messages and templates. */
export const outbox = {
  held: {} as Record<string, HeldWords>,
}
