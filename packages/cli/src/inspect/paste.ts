import { quoted } from '../text/visible.ts'

/** A token as it was given, and what came along with it. */
export interface Paste {
  /** The token alone. */
  readonly token: string
  /** What was taken away, in the order in which it was. White space around it is not worth a word. */
  readonly notes: readonly string[]
}

/** Takes one thing away, or gives `undefined` where there is nothing to take. */
type Step = (text: string) => { readonly text: string; readonly note: string } | undefined

const INVISIBLE = /[\u00AD\u200B-\u200F\u2028-\u202E\u2060-\u2064\u2066-\u2069\uFEFF]/g
const QUOTES = `"'\`“”‘’«»`
const PARAMETER = /(?:^|[?&#])(access_token|id_token|token|jwt|assertion)=([^&#\s]+)/
const MEMBERS = ['access_token', 'id_token', 'token', 'jwt', 'assertion', 'value']

/** Finds the token in what somebody pasted: a header line, a JSON answer, an address, a line in quotes. */
export function readPaste(raw: string): Paste {
  const notes: string[] = []
  let text = raw.replace(/^\uFEFF/, '').trim()
  for (const step of STEPS) {
    const done = step(text)
    if (done === undefined) continue
    notes.push(done.note)
    text = done.text.trim()
  }
  return { token: text, notes }
}

const STEPS: readonly Step[] = [
  takeMember,
  takeParameter,
  takeHeaderName,
  takeQuotes,
  takeScheme,
  takeQuotes,
  takeLineEnds,
  takeInvisible,
]

function takeMember(text: string): ReturnType<Step> {
  if (!text.startsWith('{')) return undefined
  const value = parse(text)
  if (typeof value !== 'object' || value === null) return undefined
  for (const name of MEMBERS) {
    const token: unknown = Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined
    if (typeof token !== 'string') continue
    return { text: token, note: `It was the member "${name}" of a JSON object.` }
  }
  return undefined
}

function takeParameter(text: string): ReturnType<Step> {
  const [, name, value] = PARAMETER.exec(text) ?? []
  if (name === undefined || value === undefined) return undefined
  return { text: value, note: `It was the parameter "${name}" of an address or a form.` }
}

function takeHeaderName(text: string): ReturnType<Step> {
  const rest = text.replace(/^(?:-H\s*)?["']?\s*(?:proxy-)?authorization\s*:\s*/i, '')
  if (rest === text) return undefined
  return { text: rest, note: 'It came as a header field, "Authorization: …".' }
}

function takeScheme(text: string): ReturnType<Step> {
  const [found, scheme = ''] = /^(bearer|jwt|token)\s+(?=\S)/i.exec(text) ?? []
  if (found === undefined) return undefined
  return {
    text: text.slice(found.length),
    note: `${quoted(scheme)} stood in front of it. That belongs to the header, not to the token.`,
  }
}

function takeQuotes(text: string): ReturnType<Step> {
  const rest = text
    .replace(/[,;]+$/, '')
    .replace(new RegExp(`^[${QUOTES}]+`), '')
    .replace(new RegExp(`[${QUOTES}]+$`), '')
  if (rest === text) return undefined
  return { text: rest, note: 'Quotes or commas around it were pasted along.' }
}

function takeLineEnds(text: string): ReturnType<Step> {
  // Words with spaces between are no broken token, but something else.
  if (!/\s/.test(text) || !/^[\w\-.+/=]+(?:\s+[\w\-.+/=]+)*$/.test(text)) return undefined
  if (!text.startsWith('ey')) return undefined
  const note = /[\r\n]/.test(text)
    ? 'There were line ends in the middle of it. A server refuses it so.'
    : 'There were spaces in the middle of it. A server refuses it so.'
  return { text: text.replaceAll(/\s+/g, ''), note }
}

function takeInvisible(text: string): ReturnType<Step> {
  const rest = text.replaceAll(INVISIBLE, '')
  if (rest === text) return undefined
  return { text: rest, note: 'There were invisible characters in it. A server refuses it so.' }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
