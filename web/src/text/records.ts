/** Words of this area; see text/index.ts. */
export const records = {}
