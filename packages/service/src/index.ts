export type {
  FoundToken,
  Ledger,
  StoredKey,
  TokenPage,
  TokenQuery,
  TokenRecord,
} from './ledger/ledger.ts'
