import { coldMint } from './groups/cold-mint.ts'
import { coldVerify } from './groups/cold-verify.ts'
import { importPem } from './groups/import-key.ts'
import { malformedToken, wrongSignature } from './groups/refusals.ts'
import { warmGetToken } from './groups/warm-get-token.ts'
import { warmVerify, warmVerifyManyTokens } from './groups/warm-verify.ts'
import type { Group } from './lib/contender.ts'

/** Every group of the benchmark, in the order of the table. Its work begins when it is called. */
export const groups: Readonly<Record<string, () => Promise<Group>>> = {
  'warm-get-token': warmGetToken,
  'warm-verify': warmVerify,
  'warm-verify-many-tokens': warmVerifyManyTokens,
  'cold-mint': coldMint,
  'cold-verify-es256': () => coldVerify('ES256'),
  'cold-verify-rs256': () => coldVerify('RS256'),
  'cold-verify-eddsa': () => coldVerify('EdDSA'),
  'cold-verify-hs256': () => coldVerify('HS256'),
  'import-key': importPem,
  'wrong-signature': wrongSignature,
  'malformed-token': malformedToken,
}
