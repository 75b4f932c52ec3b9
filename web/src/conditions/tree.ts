/** A condition as the API takes it (docs/reference/conditions.md); the editor works on it directly. */
export type Condition = Record<string, unknown>
