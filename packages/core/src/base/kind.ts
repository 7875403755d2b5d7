/** `instanceof`, for classes that may come in copies: by the brand of each class on the way up. */
export function isOfKind(kind: object, value: unknown): boolean {
  const brand = brandOf(kind)
  if (brand === undefined) return Function.prototype[Symbol.hasInstance].call(kind, value)
  let one: unknown = Object(value).constructor
  while (typeof one === 'function') {
    if (brandOf(one) === brand) return true
    one = Object.getPrototypeOf(one)
  }
  return false
}

function brandOf(kind: object): unknown {
  return Object.hasOwn(kind, 'mayflyKind') ? Reflect.get(kind, 'mayflyKind') : undefined
}
