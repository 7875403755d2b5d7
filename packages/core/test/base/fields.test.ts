import { OptionError } from '@mayfly/core'
import { describe, expect, it } from 'vitest'
import {
  jsonObject,
  objectOf,
  readFields,
  optionalBoolean,
  requireString,
} from '../../src/base/options.ts'

const FIELDS = {
  name: (value: unknown, name: string) => requireString(value, name),
  inner: objectOf({ on: optionalBoolean }),
  any: jsonObject,
}

function refusal(value: unknown): unknown {
  try {
    readFields(value, 'grants', FIELDS)
  } catch (error) {
    expect(error).toBeInstanceOf(OptionError)
    return error
  }
  return undefined
}

describe('readFields', () => {
  it('copies what is good, and leaves out what is undefined', () => {
    const value = { name: 'a', inner: { on: false }, any: { deep: [1, null] } }
    const read = readFields({ ...value, any: value.any }, 'grants', FIELDS)
    expect(read).toEqual(value)
    expect(read['inner']).not.toBe(value.inner)
    expect(read['any']).not.toBe(value.any)
    expect(Object.keys(readFields({ name: undefined, inner: {} }, 'g', FIELDS))).toEqual(['inner'])
  })

  it.each([
    ['nothing', undefined, 'grants', 'ERR_OPTION_REQUIRED'],
    ['null', null, 'grants', 'ERR_OPTION_INVALID'],
    ['a list', [], 'grants', 'ERR_OPTION_INVALID'],
    ['text', 'a', 'grants', 'ERR_OPTION_INVALID'],
    ['a member that does not exist', { nam: 'a' }, 'nam', 'ERR_OPTION_UNKNOWN'],
    ['a member that is on every object', { toString: 'a' }, 'toString', 'ERR_OPTION_UNKNOWN'],
    ['a bad member', { name: 1 }, 'grants.name', 'ERR_OPTION_INVALID'],
    ['a member deeper down', { inner: { on: 1 } }, 'grants.inner.on', 'ERR_OPTION_INVALID'],
    ['null for an object', { inner: null }, 'grants.inner', 'ERR_OPTION_INVALID'],
    ['a list for an object', { any: [] }, 'grants.any', 'ERR_OPTION_INVALID'],
    ['what is no JSON', { any: { big: 1n } }, 'grants.any', 'ERR_OPTION_INVALID'],
  ])('refuses %s under its full name', (_, value, option, code) => {
    expect(refusal(value)).toMatchObject({ option, code })
  })

  it('says where the nearest member is', () => {
    expect(refusal({ inner: { om: true } })).toMatchObject({
      message: 'grants.inner: there is no option "om". Did you mean "on"?',
    })
  })
})
