import { type Contender, contendersOf, type Group } from './contender.ts'

/** What is told about a contender beside its numbers. */
export interface ContenderFacts {
  readonly id: string
  readonly role: 'floor' | 'mayfly' | 'other'
  readonly name: string
  readonly library: string
  readonly unlike?: string
}

/** What is told about a group beside its numbers. */
export interface GroupFacts {
  readonly id: string
  readonly title: string
  readonly about: string
  readonly missing?: string
  readonly contenders: readonly ContenderFacts[]
}

/** Tells what a group is, without the code that it runs. */
export function factsOf(group: Group): GroupFacts {
  const { id, title, about, missing } = group
  const contenders = contendersOf(group).map((contender) => contenderFacts(contender, group))
  return { id, title, about, ...(missing !== undefined && { missing }), contenders }
}

function contenderFacts(contender: Contender, { floor, mayfly }: Group): ContenderFacts {
  const { id, name, library, unlike } = contender
  const role = contender === floor ? 'floor' : contender === mayfly ? 'mayfly' : 'other'
  return { id, role, name, library, ...(unlike !== undefined && { unlike }) }
}
