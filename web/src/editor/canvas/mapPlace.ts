/** How large the map of a workflow is, in pixels. */
export const MAP = { width: 160, height: 110 }
const MARGIN = 20 // what the library keeps free around it, and a little more

/** A block as it is drawn, before the view is moved and zoomed. */
export interface Box {
  x: number
  y: number
  width: number
  height: number
}

/** What of the drawing is seen, in pixels: where its origin is, how large it is, and the window's size. */
export interface View extends Box {
  zoom: number
}

/** Whether the map, in the lower right corner, would lie over a block. */
export function liesOverBlock(blocks: Iterable<Box>, view: View): boolean {
  const left = view.width - MAP.width - MARGIN
  const top = view.height - MAP.height - MARGIN
  for (const block of blocks) {
    const x = block.x * view.zoom + view.x
    const y = block.y * view.zoom + view.y
    const reaches = x + block.width * view.zoom > left && y + block.height * view.zoom > top
    if (reaches && x < view.width && y < view.height) return true
  }
  return false
}
