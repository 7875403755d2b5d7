import type { SealedRecords } from '../../keys/sealed-records.ts'

/** What a family takes from its subject. */
export interface SubjectState {
  readonly subject: string
  /** The number of the subject's last change that the family has taken. */
  readonly change: number
  readonly claims?: Readonly<Record<string, unknown>> | undefined
}

/** One change of a subject. What came before it holds for families that have not taken it. */
interface Change {
  readonly number: number
  readonly at: number
  readonly claims?: Readonly<Record<string, unknown>> | undefined
  /** The families up to here are another subject's from then on. */
  readonly moved?: { readonly to: string; readonly change: number } | undefined
  readonly ended?: true | undefined
}

export interface SubjectRecord {
  readonly last: number
  readonly changes: readonly Change[]
}

/** What {@link SessionSubjects.change} is told. */
interface WantedChange {
  readonly to?: string | undefined
  readonly claims?: Readonly<Record<string, unknown>> | undefined
  readonly ended?: true
}

const NONE: SubjectRecord = { last: 0, changes: [] }
/** More moves than anybody makes. */
const MAX_MOVES = 32

/**
 * Keeps what happens to subjects as a numbered list of changes, since compare-and-swap knows single
 * records: a family takes those that it has not seen, in their order, at its next refresh. So a name
 * that is given up and taken by somebody else never mixes the two.
 */
export class SessionSubjects {
  readonly #records: SealedRecords<SubjectRecord>
  /** No family is older, in milliseconds, so that older changes can go. */
  readonly #keepMs: number

  constructor(records: SealedRecords<SubjectRecord>, keepMs: number) {
    this.#records = records
    this.#keepMs = keepMs
  }

  async of(subject: string): Promise<SubjectRecord> {
    return (await this.#records.read(subject))?.record ?? NONE
  }

  /** Takes the changes that a family has not seen; `undefined` where one of them ends it. */
  async resolve(family: SubjectState): Promise<SubjectState | undefined> {
    let { subject, change, claims } = family
    for (let moves = 0; moves < MAX_MOVES; moves++) {
      const { changes } = await this.of(subject)
      let moved: Change['moved']
      for (const one of changes) {
        if (one.number <= change || moved !== undefined) continue
        if (one.ended === true) return undefined
        change = one.number
        claims = one.claims ?? claims
        moved = one.moved
      }
      if (moved === undefined) return { subject, change, claims }
      subject = moved.to
      change = moved.change
    }
    return undefined
  }

  async change(subject: string, { to, claims, ended }: WantedChange): Promise<void> {
    for (;;) {
      const seen = await this.#records.read(subject)
      const { last, changes } = seen?.record ?? NONE
      const at = seen?.now ?? this.#records.now
      const moved = to === undefined ? undefined : { to, change: (await this.of(to)).last }
      const kept = changes.filter((one) => one.at > at - this.#keepMs)
      const next = { number: last + 1, at, claims: claims && { ...claims }, moved, ended }
      const record = { last: last + 1, changes: [...folded(kept, next), next] }
      if ((await this.#records.write(subject, record, seen)) !== undefined) return
    }
  }
}

/** A change of claims alone, or an end, stands for one of its kind right before it. */
function folded(changes: readonly Change[], next: Change): readonly Change[] {
  const before = changes.at(-1)
  if (before === undefined || before.moved !== undefined || next.moved !== undefined) return changes
  if (before.ended !== next.ended) return changes
  return next.ended === undefined && next.claims === undefined ? changes : changes.slice(0, -1)
}
