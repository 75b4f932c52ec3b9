import { createStore } from 'zustand'
import { type ApiProblem, asProblem, type Workflow, type WorkflowChange } from '../../api'
import { same } from '../document'
import { type Draft, sameDraft } from '../merge'

/** How it stands with saving. */
export type SaveState =
  | { kind: 'saved'; at: number | null }
  | { kind: 'unsaved' }
  | { kind: 'saving' }
  /** The server cannot be reached; it is tried again by itself. */
  | { kind: 'offline' }
  /** The server said no; it is tried again with the next change. */
  | { kind: 'refused'; problem: ApiProblem }
  /** Somebody else saved in between. */
  | { kind: 'conflict'; theirs: Workflow }

export interface Remote {
  save: (change: WorkflowChange, etag: string) => Promise<Workflow>
  load: () => Promise<Workflow>
}

export interface SaverOptions {
  remote: Remote
  /** A workflow of the server as the editor holds it. */
  read: (workflow: Workflow) => Draft
  /** The draft as it is now. */
  mine: () => Draft
  /** The server's state of the workflow is known anew. */
  onKnown: (workflow: Workflow) => void
  /** Somebody else's state is taken over, as there is nothing unsaved here. */
  onTheirs: (theirs: Draft, base: Draft) => void
  pause?: number
}

const PAUSE = 800
const LONGEST_PAUSE = 10_000

/**
 * Saves the draft by itself: a little after the last change, one request at a time, and again until the
 * server has it. What both sides began with is kept, so that two people's work can be put together.
 */
export class Saver {
  readonly state = createStore<SaveState>(() => ({ kind: 'saved', at: null }))
  base: Draft
  etag: string
  private timer: ReturnType<typeof setTimeout> | undefined
  private busy: Promise<void> | null = null
  private failures = 0
  private stopped = false

  constructor(
    workflow: Workflow,
    private readonly options: SaverOptions,
  ) {
    this.base = options.read(workflow)
    this.etag = workflow.etag
  }

  get kind() {
    return this.state.getState().kind
  }

  /** Whether the server has everything. */
  get settled() {
    return this.busy === null && changeOf(this.base, this.options.mine()) === null
  }

  /** To be called after each change of the draft. */
  changed() {
    if (this.kind === 'conflict' || this.busy) return
    if (changeOf(this.base, this.options.mine()) === null) return this.say({ kind: 'saved', at: Date.now() })
    if (this.kind !== 'offline') this.say({ kind: 'unsaved' })
    if (this.kind === 'offline' && this.timer !== undefined) return
    this.later(this.options.pause ?? PAUSE)
  }

  /** Save now. Whether the server has everything afterwards. */
  async flush(): Promise<boolean> {
    while (!this.settled && this.kind !== 'conflict') {
      await (this.busy ?? this.attempt())
      if (this.kind === 'offline' || this.kind === 'refused') break
    }
    return this.settled && this.kind !== 'conflict'
  }

  stop() {
    this.stopped = true
    clearTimeout(this.timer)
  }

  /** The connection is back: do not wait for the next try. */
  retry() {
    if (this.kind === 'offline' && !this.busy) void this.attempt()
  }

  private later(milliseconds: number) {
    clearTimeout(this.timer)
    if (this.stopped) return
    this.timer = setTimeout(() => {
      this.timer = undefined
      void this.attempt()
    }, milliseconds)
  }

  private attempt(): Promise<void> {
    if (this.busy) return this.busy
    clearTimeout(this.timer)
    this.timer = undefined
    this.busy = this.send().finally(() => {
      this.busy = null
      if (this.kind === 'saved' && !this.settled) this.changed()
    })
    return this.busy
  }

  private async send() {
    const draft = this.options.mine()
    const change = changeOf(this.base, draft)
    if (!change) return this.say({ kind: 'saved', at: Date.now() })
    if (this.kind !== 'offline') this.say({ kind: 'saving' })
    try {
      this.adopt(await this.options.remote.save(change, this.etag), draft)
    } catch (error) {
      await this.failed(asProblem(error), draft)
    }
  }

  private async failed(problem: ApiProblem, draft: Draft): Promise<void> {
    if (problem.conflict) {
      try {
        return await this.meet(await this.options.remote.load(), draft)
      } catch (error) {
        return this.failed(asProblem(error), draft)
      }
    }
    const passing = problem.unreachable || problem.status === 429
    this.say(passing ? { kind: 'offline' } : { kind: 'refused', problem })
    if (passing) this.later((problem.retryAfter ?? 0) * 1000 || this.nextPause())
  }

  private nextPause() {
    this.failures += 1
    return Math.min(500 * 2 ** this.failures, LONGEST_PAUSE)
  }

  /** The ETag was another one. It may be ours all the same: an answer that got lost, or only the state changed. */
  private async meet(theirs: Workflow, draft: Draft) {
    const other = this.options.read(theirs)
    if (sameDraft(other, draft)) return this.adopt(theirs, draft)
    if (!sameDraft(other, this.base)) return this.say({ kind: 'conflict', theirs })
    this.etag = theirs.etag
    this.options.onKnown(theirs)
    await this.send()
  }

  private adopt(workflow: Workflow, draft: Draft) {
    this.base = draft
    this.etag = workflow.etag
    this.failures = 0
    this.options.onKnown(workflow)
    this.say({ kind: 'saved', at: Date.now() })
  }

  /** The server's workflow after something else was done with it: published, disabled, restored. */
  know(workflow: Workflow) {
    const theirs = this.options.read(workflow)
    if (sameDraft(theirs, this.base)) {
      this.etag = workflow.etag
      this.options.onKnown(workflow)
    } else if (this.settled) this.replace(workflow)
    else this.changed()
  }

  /** Somebody saved: it was us, or there is nothing to lose here and theirs is shown, or it is a conflict soon. */
  async heard(etag: string): Promise<'known' | 'taken' | 'unsaved'> {
    await this.busy
    if (Number(etag) <= Number(this.etag)) return 'known'
    if (!this.settled) return 'unsaved'
    const theirs = await this.options.remote.load()
    if (!this.settled) return 'unsaved'
    if (theirs.etag === this.etag) return 'known'
    const news = !sameDraft(this.options.read(theirs), this.base)
    this.replace(theirs)
    return news ? 'taken' : 'known'
  }

  private replace(workflow: Workflow) {
    const [theirs, base] = [this.options.read(workflow), this.base]
    this.base = theirs
    this.etag = workflow.etag
    this.options.onKnown(workflow)
    if (!sameDraft(theirs, base)) this.options.onTheirs(theirs, base)
    this.say({ kind: 'saved', at: Date.now() })
  }

  /** After a conflict was settled: what is in the editor now was made knowing theirs, and is saved over it. */
  resolve(theirs: Workflow) {
    this.base = this.options.read(theirs)
    this.etag = theirs.etag
    this.options.onKnown(theirs)
    this.say({ kind: 'unsaved' })
    this.changed()
  }

  /** Whether a draft is another one than the server's. */
  differsFrom(draft: Draft) {
    return !sameDraft(draft, this.base)
  }

  /** A copy that was kept is gone on with: what it began from is known, so a conflict is found as ever. */
  goOnFrom(base: Draft, etag: string) {
    this.base = base
    this.etag = etag
  }

  private say(state: SaveState) {
    this.state.setState(state, true)
  }
}

/** What of the draft the server does not have; null: nothing. */
export function changeOf(base: Draft, draft: Draft): WorkflowChange | null {
  if (base === draft) return null
  const change: WorkflowChange = {}
  if (draft.name !== base.name && draft.name.trim()) change.name = draft.name
  if (draft.description !== base.description) change.description = draft.description
  if (draft.category !== base.category) change.category = draft.category as WorkflowChange['category']
  if (draft.module !== base.module) change.module = draft.module
  if (!same(draft.document, base.document)) change.document = { ...draft.document }
  return Object.keys(change).length > 0 ? change : null
}
