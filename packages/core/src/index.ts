export type { Clock } from './clock.ts'
export { systemClock } from './clock.ts'
export type {
  ErrorCode,
  KeyErrorCode,
  OptionErrorCode,
  RequestErrorCode,
  SourceErrorCode,
} from './error-codes.ts'
export type { Reason, RequestErrorOptions, SourceErrorOptions } from './errors.ts'
export {
  ForeignOriginError,
  isMayflyError,
  KeyError,
  MayflyError,
  OptionError,
  RequestError,
  SourceError,
} from './errors.ts'
