import { Spotlight, type SpotlightActionData, spotlight } from '@mantine/spotlight'
import { IconDatabase, IconPlus, IconSearch, IconSitemap } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from 'react-router'
import { listModulesOptions, listWorkflowsOptions } from '../api'
import { t } from '../text'
import { may, useMe } from './useMe'

export const openSearch = () => spotlight.open()

/** Ctrl-K: goes to any page, module or workflow, and begins what one may begin. */
export function SearchAnything() {
  const navigate = useNavigate()
  const me = useMe()
  const builds = me.administrator || me.builder
  const modules = useQuery(listModulesOptions())
  const workflows = useQuery({ ...listWorkflowsOptions({ query: { limit: 100 } }), enabled: builds })
  const go = (id: string, label: string, to: string, leftSection?: React.ReactNode): SpotlightActionData => ({
    id,
    label,
    leftSection,
    onClick: () => navigate(to),
  })
  const shown = (modules.data?.items ?? []).filter(
    (module) => !module.parent_field && may(me, 'read', module.key),
  )
  const actions = [
    {
      group: t.frame.pages,
      actions: [
        go('home', t.frame.home, '/'),
        go('inbox', t.frame.inbox, '/inbox'),
        go('runs', t.frame.runs, '/runs'),
        go('data', t.frame.data, '/imports'),
        ...(builds
          ? [
              go('bulk', t.frame.bulkRuns, '/runs/bulk'),
              go('workflows', t.frame.workflows, '/workflows'),
              go('messages', t.frame.messages, '/messages'),
              go('templates', t.frame.templates, '/templates'),
              go('settings', t.frame.settings, '/settings'),
            ]
          : []),
        go('profile', t.frame.profile, '/profile'),
      ],
    },
    {
      group: t.frame.modules,
      actions: shown.map((module) =>
        go(`m-${module.key}`, module.label_plural, `/records/${module.key}`, <IconDatabase size={16} />),
      ),
    },
    {
      group: t.frame.workflows,
      actions: (workflows.data?.items ?? []).map((flow) =>
        go(`w-${flow.key}`, flow.name, `/workflows/${flow.key}`, <IconSitemap size={16} />),
      ),
    },
    {
      group: t.frame.actions,
      actions: [
        ...(builds
          ? [go('new-workflow', t.frame.newWorkflow, '/workflows?new=1', <IconPlus size={16} />)]
          : []),
        ...shown
          .filter((module) => may(me, 'create', module.key) && !module.read_only)
          .map((module) =>
            go(
              `n-${module.key}`,
              t.frame.newRecord(module.label),
              `/records/${module.key}?new=1`,
              <IconPlus size={16} />,
            ),
          ),
      ],
    },
  ].filter((group) => group.actions.length > 0)
  return (
    <Spotlight
      actions={actions}
      shortcut={['mod + K']}
      nothingFound={t.frame.searchEmpty}
      highlightQuery
      limit={30}
      scrollable
      maxHeight={460}
      searchProps={{
        leftSection: <IconSearch size={18} />,
        placeholder: t.frame.search,
        'aria-label': t.frame.search,
      }}
    />
  )
}
