import classes from './MailFrame.module.css'
import { mailDocument } from './mailDocument'

interface Props {
  html: string
  /** What is in the frame, for who does not see it. */
  title: string
  height?: number | string
}

/** A mail as its recipient sees it: in a frame without scripts, forms, links and network. */
export function MailFrame({ html, title, height = 420 }: Props) {
  return (
    <iframe
      className={classes.frame}
      style={{ height }}
      sandbox=""
      referrerPolicy="no-referrer"
      srcDoc={mailDocument(html)}
      title={title}
    />
  )
}
