import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto'

/** A team key's credentials, as App Store Connect hands them out. */
export interface TeamCredentials {
  /** Ten letters and digits; goes into the header's `kid`. */
  readonly keyId: string
  /** Goes into `iss`. */
  readonly issuerId: string
  /** PKCS#8 PEM, as in the `.p8` file. */
  readonly privateKey: string
}

/** Names for the team key, where a test wants known ones. */
export interface TeamKeyNames {
  /** Default: ten random letters and digits. */
  readonly keyId?: string
  /** Default: a random UUID. */
  readonly issuerId?: string
}

/** An individual key's credentials: no issuer, and `sub` is `user`. */
export interface IndividualCredentials {
  readonly keyId: string
  readonly individual: true
  /** PKCS#8 PEM, as in the `.p8` file. */
  readonly privateKey: string
}

/** A key as the sandbox's side knows it. */
export interface KnownKey {
  readonly kind: 'team' | 'individual'
  /** SPKI PEM. */
  readonly publicKey: string
  /** What `iss` must be, for a team key. */
  readonly issuerId?: string
}

/** A sandbox's keys: what it hands out, and what it verifies with, by key id. */
export interface SandboxKeys {
  readonly team: TeamCredentials
  readonly individual: IndividualCredentials
  readonly known: ReadonlyMap<string, KnownKey>
  /** Makes one more key of the team. */
  createTeamKey(): TeamCredentials
  /** Makes one more individual key. */
  createIndividualKey(): IndividualCredentials
}

/** Makes new keys. Each sandbox has its own, so that nothing cached from one fits another. */
export function createKeys(names: TeamKeyNames = {}): SandboxKeys {
  const { issuerId = randomUUID() } = names
  const known = new Map<string, KnownKey>()
  const createTeamKey = (name?: string): TeamCredentials => {
    const { keyId, privateKey, publicKey } = createKeyPair(name)
    known.set(keyId, { kind: 'team', publicKey, issuerId })
    return { keyId, issuerId, privateKey }
  }
  const createIndividualKey = (): IndividualCredentials => {
    const { keyId, privateKey, publicKey } = createKeyPair()
    known.set(keyId, { kind: 'individual', publicKey })
    return { keyId, individual: true, privateKey }
  }
  return {
    team: createTeamKey(names.keyId),
    individual: createIndividualKey(),
    known,
    createTeamKey: () => createTeamKey(),
    createIndividualKey,
  }
}

function createKeyPair(keyId?: string): { keyId: string; privateKey: string; publicKey: string } {
  const pair = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })
  return { keyId: keyId ?? randomBytes(5).toString('hex').toUpperCase(), ...pair }
}
