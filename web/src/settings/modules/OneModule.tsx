import { ActionIcon, Anchor, Badge, Button, Drawer, Group, Modal, Skeleton, Table, Text } from '@mantine/core'
import { IconArrowDown, IconArrowUp, IconPlus } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { Link, useNavigate, useParams } from 'react-router'
import { api, type FieldOut, getModuleOptions, listModulesOptions, type ModuleOut } from '../../api'
import { useMe } from '../../app/useMe'
import { PageHeader } from '../../parts/PageHeader'
import { Problem } from '../../parts/Problem'
import { sayProblem } from '../../parts/saying'
import { t } from '../../text'
import { modules as words } from '../../text/modules'
import { FieldForm } from './FieldForm'
import { ModuleForm } from './ModuleForm'
import { summaryOf } from './options'
import { LetGo, RemoveModule } from './RemoveModule'
import { useFieldTypes } from './useFieldTypes'

/** One module: what it is called, and its fields in their order. */
export function OneModule() {
  const key = useParams().key ?? ''
  const found = useQuery(getModuleOptions({ path: { module: key } }))
  const navigate = useNavigate()
  const [open, setOpen] = useState<FieldOut | 'new' | 'module' | null>(null)
  const close = () => setOpen(null)
  const module = found.data
  return (
    <>
      <Anchor component={Link} to="/settings/modules" size="sm">
        {words.back}
      </Anchor>
      {found.error && <Problem error={found.error} onRetry={() => found.refetch()} />}
      {found.isPending && <Skeleton height={360} mt="md" />}
      {module && (
        <>
          <PageHeader
            title={module.label_plural}
            about={module.description}
            beside={<Kind module={module} />}
          >
            <Anchor component={Link} to={`/records/${module.key}`} size="sm">
              {words.records}
            </Anchor>
            {!module.system && (
              <Button variant="default" onClick={() => setOpen('module')}>
                {words.edit}
              </Button>
            )}
            {!module.attached && !module.system && (
              <Button leftSection={<IconPlus size={16} />} onClick={() => setOpen('new')}>
                {words.addField}
              </Button>
            )}
          </PageHeader>
          <Fields module={module} onOpen={setOpen} />
          <Dangers module={module} />
          <Modal opened={open === 'module'} onClose={close} title={words.edit} size="lg">
            <ModuleForm
              module={module}
              onDone={(changed) => {
                close()
                if (changed.key !== module.key)
                  navigate(`/settings/modules/${changed.key}`, { replace: true })
              }}
            />
          </Modal>
          <Drawer
            opened={open !== null && open !== 'module'}
            onClose={close}
            position="right"
            size={560}
            title={open === 'new' ? words.addField : words.editField}
          >
            {open && open !== 'module' && (
              <FieldForm
                key={open === 'new' ? 'new' : open.key}
                module={module}
                field={open === 'new' ? null : open}
                onDone={close}
              />
            )}
          </Drawer>
        </>
      )}
    </>
  )
}

function Kind({ module }: { module: ModuleOut }) {
  if (module.system) return <Badge color="gray">{words.system}</Badge>
  return module.attached ? <Badge color="cyan">{words.attached}</Badge> : null
}

function Dangers({ module }: { module: ModuleOut }) {
  const me = useMe()
  if (module.system) return null
  return (
    <Group justify="flex-end" mt="lg">
      {module.attached ? me.administrator && <LetGo module={module} /> : <RemoveModule module={module} />}
    </Group>
  )
}

function Fields({ module, onOpen }: { module: ModuleOut; onOpen: (field: FieldOut) => void }) {
  const all = useQuery(listModulesOptions())
  const nameOf = (key: string) => all.data?.items.find((other) => other.key === key)?.label_plural ?? key
  const cache = useQueryClient()
  const move = useMutation({
    mutationFn: ({ field, position }: { field: string; position: number }) =>
      api.changeField({ path: { module: module.key, field }, body: { position }, throwOnError: true }),
    onSuccess: () => cache.invalidateQueries(),
    onError: (error) => sayProblem(error),
  })
  const own = module.fields.filter((field) => !field.system)
  const swap = (index: number, by: number) => {
    const field = own[index]
    const other = own[index + by]
    if (field && other) move.mutate({ field: field.key, position: other.position })
  }
  return (
    <Table.ScrollContainer minWidth={680}>
      <Table className="surface" withTableBorder data-testid="fields">
        <Table.Thead>
          <Table.Tr>
            {[words.name, words.key, words.type, words.rules, words.options].map((label) => (
              <Table.Th key={label}>{label}</Table.Th>
            ))}
            <Table.Th aria-label={t.common.actions} />
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {own.map((field, index) => (
            <Table.Tr key={field.key}>
              <Table.Td>
                <Anchor component="button" ta="left" size="sm" onClick={() => onOpen(field)}>
                  {field.label}
                </Anchor>
              </Table.Td>
              <Table.Td ff="monospace">{field.key}</Table.Td>
              <Table.Td>
                <TypeName of={field.type} />
              </Table.Td>
              <Table.Td>
                <Group gap={4}>
                  {field.required && <Badge>{words.required}</Badge>}
                  {field.unique && <Badge color="grape">{words.unique}</Badge>}
                  {field.indexed && !field.unique && <Badge color="gray">{words.indexed}</Badge>}
                </Group>
              </Table.Td>
              <Table.Td maw={240}>
                <Text size="xs" c="dimmed" lineClamp={2}>
                  {summaryOf(field, nameOf)}
                </Text>
              </Table.Td>
              <Table.Td>
                <Group gap={2} wrap="nowrap" justify="flex-end">
                  <ActionIcon
                    variant="subtle"
                    color="gray"
                    disabled={index === 0 || move.isPending}
                    aria-label={words.moveUp(field.label)}
                    onClick={() => swap(index, -1)}
                  >
                    <IconArrowUp size={15} />
                  </ActionIcon>
                  <ActionIcon
                    variant="subtle"
                    color="gray"
                    disabled={index === own.length - 1 || move.isPending}
                    aria-label={words.moveDown(field.label)}
                    onClick={() => swap(index, 1)}
                  >
                    <IconArrowDown size={15} />
                  </ActionIcon>
                </Group>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  )
}

function TypeName({ of }: { of: string }) {
  const types = useFieldTypes()
  return <>{types.find((type) => type.key === of)?.label ?? of}</>
}
