import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseJsonObject } from '../../src/base/json.ts'

const parse = (text: string, bounds = {}): unknown =>
  parseJsonObject(new TextEncoder().encode(text), bounds)

describe('parseJsonObject', () => {
  it('reads any object that JSON.stringify writes', () => {
    const object = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 5 }), { maxKeys: 5 })
    fc.assert(
      fc.property(object, (value) => {
        const text = JSON.stringify(value)
        expect(parse(text)).toEqual(JSON.parse(text))
      }),
    )
  })

  it.each([
    ['an array', '[1]'],
    ['a string', '"x"'],
    ['a number', '1'],
    ['null', 'null'],
    ['nothing', ''],
    ['an object with text behind it', '{}x'],
    ['two objects', '{}{}'],
    ['a trailing comma', '{"a":1,}'],
    ['single quotes', "{'a':1}"],
    ['a comment', '{/**/}'],
    ['a string without its end', '{"a'],
    ['a byte order mark', '\uFEFF{}'],
    ['NaN', '{"a":NaN}'],
  ])('refuses %s', (_, text) => {
    expect(parse(text)).toBeUndefined()
  })

  it.each([
    ['at the top', '{"a":1,"a":1}'],
    ['with other members between', '{"a":1,"b":2,"a":3}'],
    ['in an object below', '{"x":{"a":1,"a":2}}'],
    ['in an object in a list', '{"x":[1,{"a":1,"a":2}]}'],
    ['once with an escape', '{"a":1,"\\u0061":2}'],
    ['whose name has quotes', '{"\\"":1,"\\"":2}'],
    ['whose name is empty', '{"":1,"":2}'],
    ['called __proto__', '{"__proto__":1,"__proto__":2}'],
    ['that is an index', '{"1":1,"1":2}'],
  ])('refuses a member that is named twice %s', (_, text) => {
    expect(parse(text)).toBeUndefined()
  })

  it.each([
    '{"a:b":":"}',
    '{"a":"\\\\","b":"\\\\\\":"}',
    '{"a":{"x":1},"b":{"x":1}}',
    '{"a":[{"x":1},{"x":1}]}',
    '{"a":"{[:,"}',
  ])('is not misled by %s', (text) => {
    expect(parse(text)).toEqual(JSON.parse(text))
  })

  it('finds a member that is named twice wherever it is put', () => {
    const member = fc.record({ name: fc.string(), value: fc.jsonValue({ maxDepth: 3 }) })
    fc.assert(
      fc.property(fc.array(member, { minLength: 1, maxLength: 6 }), fc.nat(), (members, pick) => {
        const twice = [...members, members[pick % members.length] ?? { name: '', value: 0 }]
        const written = twice.map(
          ({ name, value }) => `${JSON.stringify(name)}:${JSON.stringify(value)}`,
        )
        expect(parse(`{${written.join(',')}}`)).toBeUndefined()
      }),
    )
  })

  it('keeps a member called __proto__ from being a prototype', () => {
    const parsed = parse('{"__proto__":{"admin":true}}')
    expect(Object.getPrototypeOf(parsed)).toBe(Object.prototype)
    expect(parsed).not.toHaveProperty('admin')
  })

  it('allows nesting up to its bound, the object itself counted', () => {
    const nested = (depth: number): string => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`
    expect(parse(nested(32))).toBeDefined()
    expect(parse(nested(33))).toBeUndefined()
    expect(parse('{"a":[[[1]]]}', { maxDepth: 4 })).toBeDefined()
    expect(parse('{"a":[[[1]]]}', { maxDepth: 3 })).toBeUndefined()
  })

  it('allows siblings without bound on their number', () => {
    expect(parse(`{"a":[${'[],'.repeat(5000)}[]]}`)).toBeDefined()
  })

  it('refuses fifty thousand brackets before any parser sees them', () => {
    for (const opening of ['[', '{"a":', '{"a":[']) {
      expect(parse(opening.repeat(50_000), { maxBytes: 1_000_000 })).toBeUndefined()
    }
  })

  it('takes time in proportion to its input, whatever the input is', () => {
    for (const text of ['\\"', '\\\\', '"', ':', '\\']) {
      const long = `{"a":"${text.repeat(200_000)}`
      expect(parse(long, { maxBytes: 1_000_000 })).toBeUndefined()
    }
  })

  it('allows bytes up to its bound', () => {
    expect(parse('{"a":1}', { maxBytes: 7 })).toEqual({ a: 1 })
    expect(parse('{"a":1}', { maxBytes: 6 })).toBeUndefined()
  })

  it('refuses what is not UTF-8', () => {
    const bytes = Uint8Array.from([...Buffer.from('{"a":"'), 0xc3, 0x28, ...Buffer.from('"}')])
    expect(parseJsonObject(bytes)).toBeUndefined()
    const surrogate = Uint8Array.from([
      ...Buffer.from('{"a":"'),
      0xed,
      0xa0,
      0x80,
      ...Buffer.from('"}'),
    ])
    expect(parseJsonObject(surrogate)).toBeUndefined()
  })
})
