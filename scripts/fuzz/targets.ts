import type { Target } from './target.ts'
import { payloads } from './targets/claims.ts'
import { keyMaterial } from './targets/key-material.ts'
import { keySets, metadata } from './targets/key-sets.ts'
import { origins } from './targets/origins.ts'
import { requests } from './targets/requests.ts'
import { tokens } from './targets/tokens.ts'

/** All that comes from outside and is parsed here. */
export const TARGETS: readonly Target[] = [
  tokens,
  payloads,
  requests,
  origins,
  keySets,
  metadata,
  keyMaterial,
]
