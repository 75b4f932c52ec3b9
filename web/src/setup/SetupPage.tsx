/** The first start. */
export function Page() {
  return null
}
