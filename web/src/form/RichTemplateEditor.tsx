import type { FormContext, InputProps } from './types'

interface Props extends InputProps<string> {
  context: FormContext
}

/** The HTML of a mail with {{ variables }}; what it cannot show as rich text is edited as source. */
export function RichTemplateEditor(_props: Props) {
  return null
}
