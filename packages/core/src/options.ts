export { requireDuration } from './base/duration.ts'
export {
  clockOption,
  describe,
  invalid,
  type NumberBounds,
  optionalBoolean,
  optionalFunction,
  optionalNumber,
  optionalString,
  optionalStrings,
  refuseUnknownOptions,
  requireNumber,
  requireOneOf,
  requireOptions,
  requireString,
} from './base/options.ts'
