import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from '@mantine/core'

/** The one accent: a harbour blue-green, dark enough at 7 for white text on it. */
const accent: MantineColorsTuple = [
  '#e7f5f8',
  '#d3e9ee',
  '#a6d2dc',
  '#76bac9',
  '#50a7b9',
  '#3799ad',
  '#2292a8',
  '#0b7285',
  '#07667a',
  '#02586b',
]

export const theme = createTheme({
  primaryColor: 'accent',
  primaryShade: { light: 7, dark: 7 },
  colors: { accent },
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif',
  fontFamilyMonospace: 'ui-monospace, "Cascadia Mono", "DejaVu Sans Mono", Menlo, monospace',
  fontSizes: { xs: '0.75rem', sm: '0.8125rem', md: '0.875rem', lg: '1rem', xl: '1.125rem' },
  defaultRadius: 'md',
  headings: {
    fontWeight: '600',
    sizes: { h1: { fontSize: '1.375rem' }, h2: { fontSize: '1.0625rem' }, h3: { fontSize: '0.9375rem' } },
  },
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    Anchor: { defaultProps: { underline: 'hover' } },
    Tooltip: {
      defaultProps: { withArrow: true, openDelay: 300, events: { hover: true, focus: true, touch: true } },
    },
    Modal: {
      defaultProps: {
        centered: false,
        closeButtonProps: { 'aria-label': 'Close' },
        overlayProps: { backgroundOpacity: 0.4 },
      },
      styles: { title: { lineHeight: 1.35, fontWeight: 600, overflowWrap: 'anywhere' } },
    },
    // A dialog's top is not the page's banner (axe: landmark-no-duplicate-banner).
    ModalHeader: { defaultProps: { role: 'none' } },
    DrawerHeader: { defaultProps: { role: 'none' } },
    Drawer: { defaultProps: { closeButtonProps: { 'aria-label': 'Close' } } },
    Table: { defaultProps: { verticalSpacing: 6, horizontalSpacing: 'sm', highlightOnHover: true } },
    Badge: { defaultProps: { variant: 'light', radius: 'sm', tt: 'none', fw: 500 } },
    Paper: { defaultProps: { withBorder: true, radius: 'md' } },
    Menu: { defaultProps: { shadow: 'md', position: 'bottom-end' } },
    Select: { defaultProps: { comboboxProps: { shadow: 'md' }, allowDeselect: false } },
  },
})

/** Quiet text must still be read: 4.5 to 1 against its background, in both schemes (WCAG 2.2, 1.4.3). */
export const variables: CSSVariablesResolver = () => ({
  variables: {
    '--run-succeeded': '#2f9e44',
    '--run-failed': '#e03131',
    '--run-partial': '#f08c00',
    '--run-cancelled': '#868e96',
    '--run-running': '#1c7ed6',
    '--run-held': '#9c36b5',
  },
  light: {
    '--mantine-color-dimmed': '#5c636a',
    '--mantine-color-placeholder': '#6a7178',
    '--mantine-color-error': '#c92a2a',
    '--mantine-color-anchor': '#0b6478',
    '--mantine-color-green-light-color': '#1f6b30',
    '--mantine-color-orange-light-color': '#a63603',
    '--mantine-color-yellow-light-color': '#7d4a00',
    '--mantine-color-teal-light-color': '#066649',
    '--page': '#f6f8f9',
    '--surface': '#ffffff',
    '--line': '#dfe3e6',
  },
  dark: {
    '--mantine-color-dimmed': '#a6adb4',
    '--mantine-color-placeholder': '#9aa1a8',
    '--mantine-color-error': '#ff8787',
    '--mantine-color-anchor': '#6fc3d3',
    '--mantine-color-body': '#16191c',
    '--page': '#16191c',
    '--surface': '#1e2226',
    '--line': '#353b41',
  },
})
