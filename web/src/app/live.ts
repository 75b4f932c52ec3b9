import { connection, queries } from '../api'

type Listener = (data: unknown) => void

/** What the server says as it happens: GET /api/v1/live. After a pause, everything on the page is asked again. */
class Live {
  private source: EventSource | null = null
  private readonly listeners = new Map<string, Set<Listener>>()
  private wasAway = false

  /** Open the stream; the answer closes it. */
  start(): () => void {
    this.open()
    return () => {
      this.source?.close()
      this.source = null
    }
  }

  /** Hear of one kind of event; the answer stops it. */
  on(kind: string, listener: Listener): () => void {
    const known = this.listeners.get(kind) ?? new Set()
    this.listeners.set(kind, known)
    known.add(listener)
    this.listen(kind)
    return () => known.delete(listener)
  }

  private open() {
    if (this.source) return
    this.source = new EventSource('/api/v1/live')
    this.bound.clear()
    this.source.onopen = () => {
      connection.heard(200)
      if (this.wasAway) queries.invalidateQueries()
      this.wasAway = false
    }
    this.source.onerror = () => {
      this.wasAway = true
      connection.lost()
      if (this.source?.readyState === EventSource.CLOSED) this.openLater()
    }
    for (const kind of this.listeners.keys()) this.listen(kind)
  }

  private openLater() {
    this.source = null
    setTimeout(() => this.open(), 3_000)
  }

  private readonly bound = new Set<string>()

  private listen(kind: string) {
    if (!this.source || this.bound.has(kind)) return
    this.bound.add(kind)
    this.source.addEventListener(kind, (event) => {
      const data: unknown = event.data ? JSON.parse(event.data) : null
      for (const listener of this.listeners.get(kind) ?? []) listener(data)
    })
  }
}

export const live = new Live()
