/** The parts of a JSON schema that lead to a field's title. */
interface Titled {
  title?: string
  $ref?: string
  anyOf?: Titled[]
  properties?: Record<string, Titled>
  items?: Titled
  $defs?: Record<string, Titled>
}

/** What people call the field at a path of a configuration: "/cases/0/port" → "Exit". */
export function titleAt(schema: unknown, path: string): string | undefined {
  const root = (schema ?? {}) as Titled
  let found: Titled | undefined = root
  for (const step of path.split('/').slice(1)) {
    const inner: Titled | undefined = resolved(root, found)
    found = inner?.properties?.[step] ?? (/^\d+$/.test(step) ? inner?.items : undefined)
    if (!found) return undefined
  }
  return found === root ? undefined : found?.title
}

/** Behind a reference, and without "or null". */
function resolved(root: Titled, schema: Titled | undefined): Titled | undefined {
  const inner = schema?.anyOf?.find((one) => one.$ref || one.properties || one.items) ?? schema
  const name = inner?.$ref?.split('/').at(-1)
  return name ? root.$defs?.[name] : inner
}
