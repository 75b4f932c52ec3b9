import { ApiProblem, type DocumentOut } from '../../api'
import { randomKey } from '../../api/client'
import { signedInAgain } from '../../api/expiry'

/** Sends a file, as a new document or a version of one, and says how far it is. A session that ended asks for the password. */
export async function upload(
  file: File,
  onProgress: (part: number) => void,
  to = '/api/v1/documents',
): Promise<DocumentOut> {
  const key = randomKey()
  const answer = await attempt(file, key, onProgress, to)
  if (answer.status === 401 && (await signedInAgain())) return read(await attempt(file, key, onProgress, to))
  return read(answer)
}

interface Answer {
  status: number
  body: unknown
}

function read({ status, body }: Answer): DocumentOut {
  if (status >= 200 && status < 300) return body as DocumentOut
  throw new ApiProblem(status, typeof body === 'object' && body !== null ? body : {})
}

function attempt(file: File, key: string, onProgress: (part: number) => void, to: string): Promise<Answer> {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest()
    const form = new FormData()
    form.append('file', file)
    request.open('POST', to)
    request.setRequestHeader('Idempotency-Key', key)
    request.responseType = 'json'
    request.upload.onprogress = (event) => {
      if (event.lengthComputable) onProgress(event.loaded / event.total)
    }
    request.onload = () => resolve({ status: request.status, body: request.response })
    request.onerror = () =>
      resolve({
        status: 0,
        body: {
          code: 'unreachable',
          title: 'No connection',
          detail: 'The server could not be reached.',
          suggestion: 'Choose the file again when the connection is back.',
        },
      })
    request.send(form)
  })
}
