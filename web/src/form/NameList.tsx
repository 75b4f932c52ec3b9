import { ActionIcon, Box, Group, ScrollArea, Stack, Text, TextInput } from '@mantine/core'
import { IconArrowLeft, IconChevronRight, IconSearch } from '@tabler/icons-react'
import { Fragment, type KeyboardEvent, useEffect, useId, useMemo, useRef, useState } from 'react'
import { form as t } from '../text/form'
import classes from './form.module.css'
import type { Name } from './names'
import type { FormContext } from './types'
import { useModules } from './useCatalogue'
import { found, namesBelow, useNames } from './useNames'

interface Props {
  context: FormContext
  /** Whether a name can be chosen; one that cannot may still be opened. */
  choosable: (name: Name) => boolean
  onPick: (name: Name) => void
  label: string
  /** Ask the server, which knows more names than the fields of records. */
  remote: boolean
}

const MOST = 200

/** Names level by level, with a search over what can be seen and one link further. */
export function NameList({ context, choosable, onPick, label, remote }: Props) {
  const [trail, setTrail] = useState<{ path: string; label: string }[]>([])
  const [typed, setTyped] = useState('')
  const [active, setActive] = useState(0)
  const modules = useModules()
  const path = trail.at(-1)?.path ?? ''
  const level = useNames(context, path, remote)
  const shown = useMemo(() => {
    const deeper = typed ? namesBelow(modules, context.module, level.names) : []
    const usable = [...level.names, ...deeper].filter((one) => choosable(one) || one.path !== null)
    return found(usualFirst(unique(usable)), typed).slice(0, MOST)
  }, [typed, modules, context.module, level.names, choosable])
  const id = useId()
  const list = useRef<HTMLDivElement>(null)
  useEffect(() => {
    list.current?.querySelector(`[data-at="${active}"]`)?.scrollIntoView?.({ block: 'nearest' })
  }, [active])

  const go = (next: typeof trail) => {
    setTrail(next)
    setTyped('')
    setActive(0)
  }
  const open = (name: Name) => name.path && go([...trail, { path: name.path, label: name.label }])
  const choose = (name: Name) => (choosable(name) ? onPick(name) : open(name))
  const onKey = (event: KeyboardEvent<HTMLInputElement>) => {
    const name = shown[active]
    const atStart = event.currentTarget.value === ''
    if (event.key === 'ArrowDown') setActive(Math.min(active + 1, shown.length - 1))
    else if (event.key === 'ArrowUp') setActive(Math.max(active - 1, 0))
    else if (event.key === 'Enter' && name) choose(name)
    else if (event.key === 'ArrowRight' && name?.path && atEnd(event.currentTarget)) open(name)
    else if ((event.key === 'ArrowLeft' || event.key === 'Backspace') && atStart && trail.length > 0)
      go(trail.slice(0, -1))
    else return
    event.preventDefault()
  }

  return (
    <Stack
      gap={6}
      onKeyDown={(event) => event.key !== 'Escape' && event.key !== 'Tab' && event.stopPropagation()}
    >
      <TextInput
        size="xs"
        data-autofocus
        autoFocus
        value={typed}
        onChange={(event) => {
          setTyped(event.currentTarget.value)
          setActive(0)
        }}
        onKeyDown={onKey}
        leftSection={<IconSearch size={14} aria-hidden />}
        placeholder={label}
        aria-label={label}
        role="combobox"
        aria-expanded
        aria-controls={`${id}-list`}
        aria-activedescendant={shown[active] ? `${id}-${active}` : undefined}
        autoComplete="off"
      />
      {trail.length > 0 && (
        <Group gap={4} wrap="nowrap">
          <ActionIcon
            size="sm"
            variant="subtle"
            color="gray"
            onClick={() => go(trail.slice(0, -1))}
            aria-label={t.back}
          >
            <IconArrowLeft size={14} />
          </ActionIcon>
          <Text size="xs" c="dimmed" truncate>
            {t.fieldsOf} {trail.map((one) => one.label).join(' › ')}
          </Text>
        </Group>
      )}
      <ScrollArea.Autosize mah={300} type="auto" offsetScrollbars viewportProps={{ tabIndex: 0 }}>
        <Box role="listbox" id={`${id}-list`} aria-label={label} ref={list}>
          {shown.map((name, at) => (
            <Fragment key={`${name.group}/${name.name}`}>
              {shown[at - 1]?.group !== name.group && (
                <Text size="xs" fw={600} c="dimmed" px={8} pt={6} pb={2} role="presentation">
                  {name.group}
                </Text>
              )}
              <NameOption
                id={`${id}-${at}`}
                at={at}
                name={name}
                active={at === active}
                choosable={choosable(name)}
                onChoose={() => choose(name)}
                onOpen={() => open(name)}
                onHover={() => setActive(at)}
              />
            </Fragment>
          ))}
        </Box>
        {shown.length === 0 && (
          <Text size="sm" c="dimmed" p="xs">
            {level.loading ? t.typeToSearch : t.noNames}
          </Text>
        )}
      </ScrollArea.Autosize>
      <Text size="xs" c="dimmed" aria-hidden>
        {t.levelHelp}
      </Text>
    </Stack>
  )
}

interface OptionProps {
  id: string
  at: number
  name: Name
  active: boolean
  choosable: boolean
  onChoose: () => void
  onOpen: () => void
  onHover: () => void
}

function NameOption({ id, at, name, active, choosable, onChoose, onOpen, onHover }: OptionProps) {
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the search box above has the focus and handles the keys
    // biome-ignore lint/a11y/useFocusableInteractive: options are pointed at by aria-activedescendant
    <div
      role="option"
      id={id}
      data-at={at}
      aria-selected={active}
      className={classes.name}
      data-active={active || undefined}
      onClick={onChoose}
      onMouseMove={active ? undefined : onHover}
    >
      <Text size="sm" truncate c={choosable ? undefined : 'dimmed'} flex={1}>
        {name.label}
      </Text>
      {name.type && (
        <Text size="xs" c="dimmed" className={classes.nameType} truncate>
          {name.type}
        </Text>
      )}
      {name.path !== null && (
        // biome-ignore lint/a11y/useKeyWithClickEvents: the right arrow key does the same
        // biome-ignore lint/a11y/noStaticElementInteractions: a shortcut for the pointer only
        <span
          className={classes.opens}
          title={t.opens}
          onClick={(event) => {
            event.stopPropagation()
            onOpen()
          }}
        >
          <IconChevronRight size={15} aria-label={t.opens} />
        </span>
      )}
    </div>
  )
}

function unique(names: Name[]): Name[] {
  return [...new Map(names.map((one) => [`${one.group}/${one.name}`, one])).values()]
}

function atEnd(input: HTMLInputElement): boolean {
  return input.selectionStart === input.value.length
}

const KEPT_BY_SYSTEM = new Set(['id', 'created_at', 'updated_at', 'created_by'])

/** In each group, what the system keeps by itself comes after what people fill in. */
function usualFirst(names: Name[]): Name[] {
  const groups = [...new Set(names.map((one) => one.group))]
  const rare = (name: Name) => KEPT_BY_SYSTEM.has(name.name.split('.').at(-1) ?? '')
  return groups.flatMap((group) => {
    const own = names.filter((one) => one.group === group)
    return [...own.filter((one) => !rare(one)), ...own.filter(rare)]
  })
}
