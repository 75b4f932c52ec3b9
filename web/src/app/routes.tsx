import { createBrowserRouter, type RouteObject } from 'react-router'
import { Crashed, NotFound } from './Fallbacks'
import { Frame } from './Frame'
import { patiently } from './lazy'
import { SignedIn } from './SignedIn'
import { Starting } from './Starting'

/** A page that is fetched when it is first opened: the module's `Page`. */
function page(path: string, load: () => Promise<{ Page: React.ComponentType }>): RouteObject {
  return {
    path,
    lazy: async () => ({ Component: (await patiently(load)).Page }),
    HydrateFallback: Starting,
    ErrorBoundary: Crashed,
  }
}

const inFrame: RouteObject[] = [
  page('/', () => import('../home/HomePage')),
  page('/workflows', () => import('../workflows/WorkflowsPage')),
  page('/wizard', () => import('../workflows/wizard/WizardPage')),
  page('/wizard/:kind', () => import('../workflows/wizard/WizardPage')),
  page('/planning', () => import('../workflows/planning/PlanningPage')),
  page('/files', () => import('../workflows/files/FilesPage')),
  page('/gallery', () => import('../workflows/gallery/GalleryPage')),
  page('/workflows/:key', () => import('../editor/EditorPage')),
  page('/workflows/:key/stages', () => import('../workflows/stages/StagesPage')),
  page('/playbooks', () => import('../playbooks/PlaybooksPage')),
  page('/playbooks/:key', () => import('../playbooks/PlaybookPage')),
  page('/strategies', () => import('../playbooks/strategies/StrategiesPage')),
  page('/strategies/:key', () => import('../playbooks/strategies/StrategyPage')),
  page('/runs', () => import('../runs/RunsPage')),
  page('/runs/bulk', () => import('../runs/bulk/BulkRunsPage')),
  page('/runs/bulk/:id', () => import('../runs/bulk/BulkRunPage')),
  page('/runs/:id', () => import('../runs/RunPage')),
  page('/records', () => import('../records/ModulesPage')),
  page('/records/:module', () => import('../records/RecordsPage')),
  page('/records/:module/import', () => import('../records/ImportPage')),
  page('/records/:module/:id', () => import('../records/RecordPage')),
  page('/imports', () => import('../records/ImportsPage')),
  page('/data-tasks', () => import('../datatasks/DataTasksPage')),
  page('/data-tasks/:key', () => import('../datatasks/DataTaskPage')),
  page('/inbox', () => import('../inbox/InboxPage')),
  page('/calendar', () => import('../calendar/CalendarPage')),
  page('/messages', () => import('../outbox/MessagesPage')),
  page('/templates', () => import('../outbox/TemplatesPage')),
  page('/templates/:key', () => import('../outbox/TemplatePage')),
  page('/profile', () => import('../people/ProfilePage')),
  page('/settings/*', () => import('../settings/SettingsPage')),
  { path: '*', Component: NotFound },
]

export const router = createBrowserRouter([
  page('/setup', () => import('../setup/SetupPage')),
  page('/sign-in', () => import('../setup/SignInPage')),
  page('/uploads/:token', () => import('../playbooks/UploadPage')),
  page('/forms/:token', () => import('../setup/FormPage')),
  {
    Component: SignedIn,
    HydrateFallback: Starting,
    ErrorBoundary: Crashed,
    children: [{ Component: Frame, ErrorBoundary: Crashed, children: inFrame }],
  },
])
