import { Anchor, Badge, Button, Group, Modal, Skeleton, Table, Text } from '@mantine/core'
import { IconDatabaseImport, IconListDetails, IconPlus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Link, useNavigate } from 'react-router'
import { listModulesOptions, type ModuleOut } from '../../api'
import { useMe } from '../../app/useMe'
import { Empty } from '../../parts/Empty'
import { PageHeader } from '../../parts/PageHeader'
import { Problem } from '../../parts/Problem'
import { modules as words } from '../../text/modules'
import { AttachForm } from './AttachForm'
import { ModuleForm } from './ModuleForm'

/** Every module, and the ways to get another. */
export function ModuleList() {
  const me = useMe()
  const navigate = useNavigate()
  const found = useQuery(listModulesOptions())
  const [open, setOpen] = useState<'new' | 'attach' | null>(null)
  const modules = found.data?.items ?? []
  const add = (
    <Button leftSection={<IconPlus size={16} />} onClick={() => setOpen('new')}>
      {words.add}
    </Button>
  )
  return (
    <>
      <PageHeader title={words.title} about={words.about}>
        {me.administrator && (
          <Button
            variant="default"
            leftSection={<IconDatabaseImport size={16} />}
            onClick={() => setOpen('attach')}
          >
            {words.attach}
          </Button>
        )}
        {add}
      </PageHeader>
      {found.error && <Problem error={found.error} onRetry={() => found.refetch()} />}
      {found.isPending && <Skeleton height={300} />}
      {found.data && modules.every((module) => module.system) && (
        <Empty icon={IconListDetails} title={words.none} about={words.noneAbout}>
          {me.administrator && (
            <Anchor component={Link} to="/settings/packs" size="sm">
              {words.toPacks}
            </Anchor>
          )}
        </Empty>
      )}
      {modules.length > 0 && <Modules modules={modules} />}
      <Modal opened={open === 'new'} onClose={() => setOpen(null)} title={words.add} size="lg">
        <ModuleForm module={null} onDone={(made) => navigate(`/settings/modules/${made.key}`)} />
      </Modal>
      <Modal opened={open === 'attach'} onClose={() => setOpen(null)} title={words.attachTitle} size="lg">
        <AttachForm />
      </Modal>
    </>
  )
}

function Modules({ modules }: { modules: ModuleOut[] }) {
  return (
    <Table.ScrollContainer minWidth={640}>
      <Table className="surface" withTableBorder>
        <Table.Thead>
          <Table.Tr>
            {[words.name, words.key, words.fields, words.table].map((label) => (
              <Table.Th key={label}>{label}</Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {modules.map((module) => (
            <Table.Tr key={module.id}>
              <Table.Td>
                <Group gap="xs">
                  <Anchor component={Link} to={`/settings/modules/${module.key}`} size="sm">
                    {module.label_plural}
                  </Anchor>
                  {module.attached && !module.system && <Badge color="cyan">{words.attached}</Badge>}
                  {module.system && <Badge color="gray">{words.system}</Badge>}
                  {module.read_only && <Badge color="gray">{words.readOnly}</Badge>}
                </Group>
              </Table.Td>
              <Table.Td ff="monospace">{module.key}</Table.Td>
              <Table.Td>{module.fields.filter((field) => !field.system).length}</Table.Td>
              <Table.Td>
                <Text size="sm" c="dimmed" ff="monospace">
                  {module.table}
                </Text>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  )
}
