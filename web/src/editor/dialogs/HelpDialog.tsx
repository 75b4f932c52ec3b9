import { Kbd, Modal, Table, Text } from '@mantine/core'
import { editor as t } from '../../text/editor'
import { useEditor } from '../store'

/** Every key that the editor hears. */
export function HelpDialog() {
  const editor = useEditor()
  const close = () => {
    editor.ask(null)
    editor.surface?.element.focus({ preventScroll: true })
  }
  return (
    <Modal opened onClose={close} title={t.shortcuts} size="lg" returnFocus={false}>
      <Text size="sm" c="dimmed" mb="sm">
        {t.shortcutsAbout}
      </Text>
      <Table withRowBorders={false} verticalSpacing={4}>
        <Table.Tbody>
          {t.keys.map(([keys, what]) => (
            <Table.Tr key={keys}>
              <Table.Td w={210}>
                {keys.split(' ').map((key) => (
                  <Kbd key={key} size="sm" mr={4}>
                    {key}
                  </Kbd>
                ))}
              </Table.Td>
              <Table.Td>{what}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Modal>
  )
}
