export { requireDuration } from './encoding/duration.ts'
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
} from './encoding/options.ts'
