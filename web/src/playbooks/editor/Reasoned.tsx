import { Menu, type MenuItemProps, Text } from '@mantine/core'

interface Props extends MenuItemProps {
  /** Why it cannot be done; null: it can. */
  why: string | null
  onClick: () => void
}

/** An entry of a menu; if it cannot be chosen, it says why, and the keyboard still reaches it. */
export function Reasoned({ why, onClick, children, color, ...item }: Props) {
  return (
    <Menu.Item
      {...item}
      color={why ? undefined : color}
      aria-disabled={why ? true : undefined}
      closeMenuOnClick={!why}
      onClick={() => why || onClick()}
    >
      <Text size="sm" c={why ? 'dimmed' : undefined}>
        {children}
      </Text>
      {why && (
        <Text size="xs" c="dimmed">
          {why}
        </Text>
      )}
    </Menu.Item>
  )
}
