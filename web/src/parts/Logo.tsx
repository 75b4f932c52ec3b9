/** The sign of the product. */
export function Logo({ size = 26 }: { size?: number }) {
  return <img src="/icon.svg" alt="" width={size} height={size} />
}
