import { Badge, Stack, Text, UnstyledButton } from '@mantine/core'
import { IconChevronDown, IconChevronRight, IconFolder } from '@tabler/icons-react'
import { type DragEvent, useState } from 'react'
import { format } from '../../../text'
import { documents as t } from '../../../text/documents'
import classes from '../Documents.module.css'
import { DocumentRow } from './DocumentRow'
import { DRAGGED, type FolderOfDocuments } from './folders'
import type { FilingWork } from './useFiling'

interface Props {
  folder: FolderOfDocuments
  /** No heading is needed: there are no folders. */
  alone: boolean
  /** The folders of this record. */
  names: string[]
  /** Null where nothing may be changed. */
  filing: FilingWork | null
}

/** One folder: its heading takes files and documents that are dropped on it. */
export function Folder({ folder, alone, names, filing }: Props) {
  const [open, setOpen] = useState(true)
  const [over, setOver] = useState(false)
  const name = folder.path || t.noFolder
  const drop = (event: DragEvent) => {
    event.preventDefault()
    setOver(false)
    const dragged = Number(event.dataTransfer.getData(DRAGGED))
    if (dragged) filing?.move(dragged, folder.path)
    else filing?.upload(event.dataTransfer.files, folder.path)
  }
  const taking = filing && {
    onDragOver: (event: DragEvent) => {
      event.preventDefault()
      setOver(true)
    },
    onDragLeave: () => setOver(false),
    onDrop: drop,
  }
  const Sign = open ? IconChevronDown : IconChevronRight
  return (
    <section aria-label={name}>
      {!alone && (
        <UnstyledButton
          className={classes.folder}
          data-over={over || undefined}
          aria-expanded={open}
          aria-label={t.inFolder(name, format.number(folder.documents.length))}
          onClick={() => setOpen(!open)}
          {...taking}
        >
          <Sign size={14} aria-hidden />
          <IconFolder size={16} stroke={1.6} aria-hidden />
          <Text span size="sm" fw={600} style={{ overflowWrap: 'anywhere', flex: 1 }}>
            {name}
          </Text>
          <Badge color="gray" variant="light" aria-hidden>
            {format.number(folder.documents.length)}
          </Badge>
        </UnstyledButton>
      )}
      {open && (
        <Stack gap={6} mt={alone ? 0 : 4} ps={alone ? 0 : 'sm'}>
          {folder.documents.map((document) => (
            <DocumentRow key={document.id} document={document} names={names} filing={filing} />
          ))}
        </Stack>
      )}
    </section>
  )
}
