import type { Profile, TokenView } from './rules/profile.ts'
import { PROFILES } from './rules/profiles.ts'

/** How sure it is whose token it is. */
export type Certainty = 'sure' | 'likely' | 'perhaps' | 'told'

/** Whose token it is, as far as one can see. */
export interface Recognition {
  readonly profile: Profile
  readonly certainty: Certainty
  /** What speaks for it, the strongest first. */
  readonly because: readonly string[]
  /** Others that it might be as well, by their titles. */
  readonly others: readonly string[]
}

const SURE = 8
const LIKELY = 6
const PERHAPS = 5

interface Scored {
  readonly profile: Profile
  readonly score: number
  readonly because: readonly string[]
}

/**
 * Guesses whose token it is by what it says. It need not be right in anything for that.
 *
 * @param told the vendor where the user has named it: then only the kind of token is guessed.
 */
export function recognise(token: TokenView, told?: string): Recognition | undefined {
  const among = told === undefined ? PROFILES : PROFILES.filter(({ vendor }) => vendor === told)
  const scored = among
    .map((profile) => scoreOf(profile, token))
    .toSorted((a, b) => b.score - a.score)
  const [best] = scored
  if (best === undefined) return undefined
  const { profile, score, because } = best
  if (told !== undefined) return { profile, certainty: 'told', because, others: [] }
  if (score < PERHAPS) return undefined
  const others = scored
    .filter(
      (other) =>
        other.profile.vendor !== profile.vendor &&
        other.score >= PERHAPS &&
        other.score >= score - 1,
    )
    .map((other) => other.profile.title)
  const certainty = score >= SURE ? 'sure' : score >= LIKELY ? 'likely' : 'perhaps'
  return {
    profile,
    certainty: others.length > 0 && certainty === 'sure' ? 'likely' : certainty,
    because,
    others,
  }
}

function scoreOf(profile: Profile, token: TokenView): Scored {
  const found = profile.signs
    .filter(({ test }) => test(token))
    .toSorted((one, other) => other.weight - one.weight)
  return {
    profile,
    score: found.reduce((sum, { weight }) => sum + weight, 0),
    because: found.map(({ says }) => says),
  }
}
