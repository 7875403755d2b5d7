/** What a vendor's SDK says when its server does not take a token. It seldom tells why. */
export interface SdkResponse {
  readonly code: number
  readonly message: string
}

/** What becomes of a token that a client hands to a vendor's SDK. */
export type SdkVerdict<Fault extends string> =
  | { readonly accepted: true; readonly claims: Readonly<Record<string, unknown>> }
  | {
      readonly accepted: false
      /** The first rule that it broke: the truth that the answer does not tell. */
      readonly fault: Fault
      readonly answer: SdkResponse
    }

/** Why a token is no good before its claims are looked at. */
export type SdkSignatureFault = 'malformed' | 'algorithm' | 'signature'

/** The verdict on claims that break a rule, or none. */
export function sdkVerdict<Fault extends string>(
  fault: Fault | undefined,
  claims: Readonly<Record<string, unknown>>,
  answerTo: (fault: Fault) => SdkResponse,
): SdkVerdict<Fault> {
  if (fault === undefined) return { accepted: true, claims }
  return { accepted: false, fault, answer: answerTo(fault) }
}
