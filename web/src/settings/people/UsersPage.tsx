import { PageHeader } from '../../parts/PageHeader'

/** Not written yet. */
export function Page() {
  return <PageHeader title="UsersPage" />
}
