import { ActionIcon, Anchor, Badge, Group, Menu, Text } from '@mantine/core'
import {
  IconDots,
  IconDownload,
  IconFile,
  IconFileTypePdf,
  IconFolderSymlink,
  IconHistory,
  IconPhoto,
  IconTrash,
  IconUpload,
} from '@tabler/icons-react'
import { useRef, useState } from 'react'
import type { DocumentOut } from '../../../api'
import { confirm } from '../../../parts/confirm'
import { When } from '../../../parts/When'
import { format } from '../../../text'
import { documents as t } from '../../../text/documents'
import { FilingDialog } from './FilingDialog'
import { DRAGGED } from './folders'
import type { FilingWork } from './useFiling'
import { VersionsDialog } from './VersionsDialog'

interface Props {
  document: DocumentOut
  names: string[]
  filing: FilingWork | null
}

/** One file: downloaded by its name, dragged to another folder, and everything else in its menu. */
export function DocumentRow({ document, names, filing }: Props) {
  const input = useRef<HTMLInputElement>(null)
  const [open, setOpen] = useState<'file' | 'versions' | null>(null)
  const Sign = signOf(document.media_type)
  const askToRemove = async () => {
    const question = {
      title: t.removeSure(document.name),
      about: t.removeAbout,
      yes: t.removeYes,
      danger: true,
    }
    if (await confirm(question)) await filing?.remove(document)
  }
  const href = `/api/v1/documents/${document.id}/content`
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dragging is beside the menu, which does the same
    <div
      draggable={filing !== null}
      onDragStart={(event) => event.dataTransfer.setData(DRAGGED, String(document.id))}
      data-testid="document"
    >
      <Group gap="xs" wrap="nowrap" align="flex-start">
        <Sign size={18} stroke={1.6} aria-hidden style={{ flex: 'none', marginTop: 2 }} />
        <div style={{ minWidth: 0, flex: 1 }}>
          <Anchor href={href} download size="sm" lineClamp={2} style={{ overflowWrap: 'anywhere' }}>
            {document.name}
          </Anchor>
          <Group gap={6} c="dimmed" fz="xs">
            {document.type && (
              <Badge size="sm" color="gray" variant="light" tt="none">
                {document.type}
              </Badge>
            )}
            <Text span inherit>
              {format.bytes(document.size)} · <When at={document.uploaded_at} />
            </Text>
            {document.version > 1 && (
              <Anchor component="button" type="button" inherit onClick={() => setOpen('versions')}>
                {t.version(document.version)}
              </Anchor>
            )}
          </Group>
        </div>
        <Menu width={220} position="bottom-end" returnFocus>
          <Menu.Target>
            <ActionIcon variant="subtle" color="gray" aria-label={t.actions(document.name)}>
              <IconDots size={16} />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item component="a" href={href} download leftSection={<IconDownload size={16} />}>
              {t.download}
            </Menu.Item>
            {filing && (
              <>
                <Menu.Item leftSection={<IconFolderSymlink size={16} />} onClick={() => setOpen('file')}>
                  {t.file}
                </Menu.Item>
                <Menu.Item leftSection={<IconUpload size={16} />} onClick={() => input.current?.click()}>
                  {t.newVersion}
                </Menu.Item>
              </>
            )}
            <Menu.Item leftSection={<IconHistory size={16} />} onClick={() => setOpen('versions')}>
              {t.versions}
            </Menu.Item>
            {filing && (
              <Menu.Item color="red" leftSection={<IconTrash size={16} />} onClick={askToRemove}>
                {t.remove}
              </Menu.Item>
            )}
          </Menu.Dropdown>
        </Menu>
      </Group>
      <input
        ref={input}
        type="file"
        hidden
        aria-label={`${t.newVersion}: ${document.name}`}
        onChange={(event) => {
          const chosen = event.currentTarget.files?.[0]
          event.currentTarget.value = ''
          if (chosen) filing?.addVersion(document, chosen)
        }}
      />
      {open === 'file' && filing && (
        <FilingDialog document={document} names={names} filing={filing} onClose={() => setOpen(null)} />
      )}
      {open === 'versions' && <VersionsDialog document={document} onClose={() => setOpen(null)} />}
    </div>
  )
}

function signOf(mediaType: string) {
  if (mediaType === 'application/pdf') return IconFileTypePdf
  return mediaType.startsWith('image/') ? IconPhoto : IconFile
}
