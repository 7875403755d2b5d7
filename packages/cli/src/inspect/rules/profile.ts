import type { JsonObject } from '../json-part.ts'
import type { Check } from './checks.ts'

/** What rules look at: a token that could be read, and the time. */
export interface TokenView {
  readonly header: JsonObject
  readonly payload: JsonObject
  /** NumericDate (seconds), by this machine's clock. */
  readonly now: number
}

/** A rule that a token breaks. */
export interface Finding {
  /** `error`: the token is refused for it. `warning`: it is risky, or not as documented. */
  readonly level: 'error' | 'warning'
  /** A short name of the rule, stable. */
  readonly rule: string
  /** What it is about: `header.alg`, `payload.exp`. */
  readonly at: string
  readonly message: string
}

/** How a token shows that it is meant for a vendor. */
export interface Sign {
  /** How much it says. 8 and more: hardly anybody else has it. */
  readonly weight: number
  /** Goes behind "because". */
  readonly says: string
  readonly test: (token: TokenView) => boolean
}

/** One member of the header or claim of the payload. */
export interface Field {
  /** Tokens without it are refused. */
  readonly required?: boolean
  /** Why tokens that have it are refused. */
  readonly forbidden?: string
  readonly check?: Check
}

/** How long a token may live. */
export interface Life {
  /** Where it begins. Default `iat`. */
  readonly from?: string
  /** Where it ends. Default `exp`. */
  readonly to?: string
  /** Seconds, both included. */
  readonly min?: number
  readonly max?: number
  /** Seconds from the vendor's clock to the end, at the most. */
  readonly maxAhead?: number
  /** Seconds after which it is dead, whatever its end says. */
  readonly maxAge?: number
}

/** A rule that no table can hold. */
export type Rule = (token: TokenView) => Finding | undefined

/** What one vendor's tokens look like: data first. */
export interface Profile {
  /** As in `mayfly token <vendor>`. */
  readonly vendor: string
  /** For people. */
  readonly title: string
  readonly signs: readonly Sign[]
  readonly algorithms: readonly string[]
  readonly header?: Readonly<Record<string, Field>>
  readonly claims: Readonly<Record<string, Field>>
  /** Why claims that are not listed are refused. Default: they are not. */
  readonly noOtherClaims?: string
  readonly life?: Life | ((token: TokenView) => Life)
  readonly rules?: readonly Rule[]
}

/** A claim that has to be there. */
export function required(check?: Check): Field {
  return { required: true, ...(check !== undefined && { check }) }
}

/** A claim that may be there. */
export function optional(check?: Check): Field {
  return check === undefined ? {} : { check }
}

/** A claim that must not be there, and why. */
export function forbidden(why: string): Field {
  return { forbidden: why }
}

/** The token has a claim. */
export function has(claim: string, weight: number): Sign {
  return {
    weight,
    says: `it has "${claim}"`,
    test: ({ payload }) => Object.hasOwn(payload, claim),
  }
}

/** A claim, or a member of the header, has a value. */
export function is(
  place: 'header' | 'payload',
  name: string,
  value: unknown,
  weight: number,
): Sign {
  return {
    weight,
    says: `"${name}" is ${JSON.stringify(value)}`,
    test: (token) => token[place][name] === value,
  }
}

/** A claim, or a member of the header, is text of a pattern. */
export function matches(
  place: 'header' | 'payload',
  name: string,
  { expression, weight, says }: { expression: RegExp; weight: number; says: string },
): Sign {
  return {
    weight,
    says: `"${name}" is ${says}`,
    test: (token) => {
      const value = token[place][name]
      return typeof value === 'string' && expression.test(value)
    },
  }
}

/** There are no other claims than these. */
export function only(claims: readonly string[], weight: number): Sign {
  return {
    weight,
    says: `it has no claims but ${claims.join(', ')}`,
    test: ({ payload }) => Object.keys(payload).every((name) => claims.includes(name)),
  }
}
