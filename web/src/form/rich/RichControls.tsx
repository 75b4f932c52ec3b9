import { Button, Menu, Popover, Stack, TextInput } from '@mantine/core'
import { RichTextEditor } from '@mantine/tiptap'
import { IconPhoto, IconTable } from '@tabler/icons-react'
import type { Editor } from '@tiptap/react'
import { useState } from 'react'
import { form as t } from '../../text/form'

/** A table: insert one, and change the one that the cursor is in. */
export function TableControl({ editor }: { editor: Editor }) {
  const inside = editor.isActive('table')
  const run = () => editor.chain().focus()
  return (
    <Menu position="bottom-start">
      <Menu.Target>
        <RichTextEditor.Control aria-label={t.table} title={t.table} active={inside}>
          <IconTable size={15} stroke={1.6} />
        </RichTextEditor.Control>
      </Menu.Target>
      <Menu.Dropdown>
        {inside ? (
          <>
            <Menu.Item onClick={() => run().addRowAfter().run()}>{t.addRow}</Menu.Item>
            <Menu.Item onClick={() => run().addColumnAfter().run()}>{t.addColumn}</Menu.Item>
            <Menu.Item onClick={() => run().deleteRow().run()}>{t.deleteRow}</Menu.Item>
            <Menu.Item onClick={() => run().deleteColumn().run()}>{t.deleteColumn}</Menu.Item>
            <Menu.Divider />
            <Menu.Item onClick={() => run().deleteTable().run()}>{t.deleteTable}</Menu.Item>
          </>
        ) : (
          <Menu.Item onClick={() => run().insertTable({ rows: 3, cols: 2, withHeaderRow: true }).run()}>
            {t.insertTable}
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  )
}

/** An image by its address: mail programs fetch it from there. */
export function ImageControl({ editor }: { editor: Editor }) {
  const [open, setOpen] = useState(false)
  const [address, setAddress] = useState('')
  const insert = () => {
    if (address) editor.chain().focus().setImage({ src: address, alt: '' }).run()
    setOpen(false)
    setAddress('')
  }
  return (
    <Popover opened={open} onChange={setOpen} trapFocus shadow="md" width={280}>
      <Popover.Target>
        <RichTextEditor.Control onClick={() => setOpen((was) => !was)} aria-label={t.image} title={t.image}>
          <IconPhoto size={15} stroke={1.6} />
        </RichTextEditor.Control>
      </Popover.Target>
      <Popover.Dropdown>
        <Stack gap={8}>
          <TextInput
            label={t.imageAddress}
            description={t.imageHelp}
            value={address}
            onChange={(event) => setAddress(event.currentTarget.value)}
            onKeyDown={(event) => event.key === 'Enter' && insert()}
            data-autofocus
          />
          <Button size="xs" variant="default" onClick={insert} disabled={!address}>
            {t.add}
          </Button>
        </Stack>
      </Popover.Dropdown>
    </Popover>
  )
}
