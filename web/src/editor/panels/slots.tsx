/** Places in the editor for what is drawn elsewhere: test mode, the review before publishing, versions, runs. */
import { lazy } from '../../app/lazy'

/** Which of them is open: test takes the place of the canvas, the others lie over it. */
export type PanelName = 'test' | 'publish' | 'versions'

/** What every one of them is given; the rest is in useOpenWorkflow and useEditorState. */
export interface PanelProps {
  onClose: () => void
}

export const TestPanel = lazy(async () => ({
  default: (await import('../../workflows/test/TestPanel')).TestPanel,
}))
export const PublishReview = lazy(async () => ({
  default: (await import('../../workflows/publish/PublishReview')).PublishReview,
}))
export const VersionsDrawer = lazy(async () => ({
  default: (await import('../../workflows/versions/VersionsDrawer')).VersionsDrawer,
}))
export const RunsPanel = lazy(async () => ({
  default: (await import('../../workflows/runs/RunsPanel')).RunsPanel,
}))
