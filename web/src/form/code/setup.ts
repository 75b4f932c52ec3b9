/** What every editor of code leaves out: a form is no workshop. */
export const SETUP = {
  foldGutter: false,
  highlightActiveLine: false,
  highlightActiveLineGutter: false,
  autocompletion: false,
  searchKeymap: false,
  lintKeymap: false,
}
