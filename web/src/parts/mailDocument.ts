/** Nothing is fetched, nothing runs: only what is in the mail itself is drawn (MDN: Content-Security-Policy). */
const POLICY =
  "default-src 'none'; img-src data:; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'"

const LOOK =
  'body{margin:12px;font-family:Helvetica,Arial,sans-serif;font-size:14px;color:#1f2933;background:#fff;overflow-wrap:anywhere}img{max-width:100%}'

/** A mail's HTML as a whole document for a sandboxed frame; its own policy comes before anything of it. */
export function mailDocument(html: string): string {
  return [
    '<!doctype html><html><head><meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${POLICY}">`,
    `<style>${LOOK}</style></head><body>${html}</body></html>`,
  ].join('')
}
