import type { SignatureAttack } from './attack.ts'
import { ecdsaAttacks } from './ecdsa-attacks.ts'
import { headerAttacks } from './header-attacks.ts'
import { keyConfusionAttacks } from './key-confusion-attacks.ts'
import { spellingAttacks } from './spelling-attacks.ts'

/**
 * Every attack on the signature layer that a token alone can carry. The verifier, the guard and the
 * adapters run the same list: make a setup with claims that they accept, configure them with its
 * `keys` and `algorithms`, and expect 401 with the attack's reason.
 */
export const signatureAttacks: readonly SignatureAttack[] = [
  ...keyConfusionAttacks,
  ...ecdsaAttacks,
  ...headerAttacks,
  ...spellingAttacks,
]
