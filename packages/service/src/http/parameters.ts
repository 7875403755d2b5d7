import { badParameter } from './problem.ts'

/** The parameters of a query or a form, each at most once. */
export type Parameters = ReadonlyMap<string, string>

/** Reads a query that may have these parameters and no others. */
export function readQuery(url: string, known: readonly string[]): Parameters {
  const start = url.indexOf('?')
  if (start === -1) return new Map()
  const parameters = readPairs(url.slice(start + 1))
  for (const name of parameters.keys()) {
    if (known.includes(name)) continue
    const takes = known.length === 0 ? 'It takes none.' : `It takes: ${known.join(', ')}.`
    throw badParameter(shown(name), `This has no parameter "${shown(name)}". ${takes}`)
  }
  return parameters
}

/** Reads a form. Parameters that nobody knows are ignored, as RFC 6749 section 3.2 has it. */
export function readForm(body: string): Parameters {
  return readPairs(body)
}

// A parameter that comes twice is read one way here and another way elsewhere.
function readPairs(text: string): Parameters {
  const parameters = new Map<string, string>()
  for (const [name, value] of new URLSearchParams(text)) {
    if (parameters.has(name)) {
      throw badParameter(shown(name), `The parameter "${shown(name)}" comes twice.`)
    }
    parameters.set(name, value)
  }
  return parameters
}

/** Reads a whole number. */
export function wholeNumber(
  parameters: Parameters,
  name: string,
  { min, max, usual }: { readonly min: number; readonly max: number; readonly usual: number },
): number {
  const text = parameters.get(name)
  if (text === undefined) return usual
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
  if (value >= min && value <= max) return value
  throw badParameter(name, `"${name}" must be a whole number from ${min} to ${max}.`)
}

/** Reads a text of 1 to `max` characters, none of them a control character. */
export function optionalText(
  parameters: Parameters,
  name: string,
  max: number,
): string | undefined {
  const text = parameters.get(name)
  if (text === undefined) return undefined
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  if (text !== '' && text.length <= max && !/[\u0000-\u001f\u007f]/.test(text)) return text
  throw badParameter(name, `"${name}" must be text of 1 to ${max} characters.`)
}

/** A name as a message may repeat it. */
export function shown(name: string): string {
  return name.replaceAll(/[^\w.~-]/g, '?').slice(0, 64)
}
