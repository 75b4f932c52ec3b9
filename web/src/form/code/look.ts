import { HighlightStyle, syntaxHighlighting } from '@codemirror/language'
import { EditorView } from '@codemirror/view'
import { tags } from '@lezer/highlight'

/** Colours and sizes from the application's own variables, so that they follow light and dark. */
export const look = [
  EditorView.theme({
    '&': {
      fontSize: '13px',
      backgroundColor: 'var(--mantine-color-default)',
      color: 'var(--mantine-color-text)',
    },
    '&.cm-focused': { outline: 'none' },
    '.cm-content': {
      fontFamily: 'var(--mantine-font-family-monospace)',
      padding: '7px 0',
      caretColor: 'var(--mantine-color-text)',
    },
    '.cm-line': { padding: '0 10px' },
    '.cm-cursor': { borderLeftColor: 'var(--mantine-color-text)' },
    '.cm-placeholder': { color: 'var(--mantine-color-placeholder)' },
    '&.cm-focused .cm-selectionBackground, .cm-selectionBackground, ::selection': {
      backgroundColor: 'var(--mantine-primary-color-light-hover) !important',
    },
    '.cm-gutters': {
      backgroundColor: 'transparent',
      color: 'var(--mantine-color-dimmed)',
      borderRight: '1px solid var(--line)',
    },
    '.cm-tooltip': {
      backgroundColor: 'var(--surface)',
      border: '1px solid var(--line)',
      borderRadius: '8px',
      overflow: 'hidden',
    },
    '.cm-tooltip-autocomplete > ul > li': { padding: '3px 8px !important' },
    '.cm-tooltip-autocomplete > ul > li[aria-selected]': {
      backgroundColor: 'var(--mantine-primary-color-filled) !important',
      color: 'white !important',
    },
    '.cm-completionDetail': { fontStyle: 'normal', opacity: 0.75 },
    '.cm-completionInfo': { padding: '6px 10px', maxWidth: '320px' },
  }),
  syntaxHighlighting(
    HighlightStyle.define([
      { tag: [tags.keyword, tags.tagName], color: 'light-dark(#0b6478, #6fc3d3)' },
      { tag: tags.variableName, color: 'light-dark(#862e9c, #da9ee8)' },
      { tag: tags.string, color: 'light-dark(#2b6a34, #8ce99a)' },
      { tag: [tags.number, tags.atom], color: 'light-dark(#a3460c, #ffc078)' },
      { tag: tags.attributeName, color: 'light-dark(#5c636a, #a6adb4)' },
      { tag: tags.comment, color: 'light-dark(#5c636a, #a6adb4)', fontStyle: 'italic' },
    ]),
  ),
  EditorView.lineWrapping,
]
