import { Route, Routes } from 'react-router'
import { ModuleList } from './ModuleList'
import { OneModule } from './OneModule'

/** The modules, and one of them with its fields. */
export function Page() {
  return (
    <Routes>
      <Route index element={<ModuleList />} />
      <Route path=":key" element={<OneModule />} />
    </Routes>
  )
}
