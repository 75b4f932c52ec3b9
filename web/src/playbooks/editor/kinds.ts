import {
  type Icon,
  IconChecklist,
  IconFileUpload,
  IconMail,
  IconMessage,
  IconPlayerPause,
  IconThumbUp,
} from '@tabler/icons-react'

/** The sign of each type of step. */
export const SIGNS: Record<string, Icon> = {
  manual: IconChecklist,
  file: IconFileUpload,
  decide: IconThumbUp,
  email: IconMail,
  text: IconMessage,
  strategy: IconPlayerPause,
}
export const signOf = (type: string): Icon => SIGNS[type] ?? IconChecklist
