import type { CliContext } from '../context.ts'
import { Page } from '../text/page.ts'
import { visibleJson } from '../text/visible.ts'
import type { Inspection } from './inspect.ts'

const CERTAINTY = {
  sure: 'Looks like',
  likely: 'Most likely',
  perhaps: 'Perhaps',
  told: 'Judged as',
} as const

const NAMES: Readonly<Record<string, string>> = {
  auth_time: 'signed in',
  iat: 'issued',
  nbf: 'not before',
  exp: 'expires',
  tokenExp: 'tokenExp',
}

/** Writes an inspection for people. */
export function printInspection(inspection: Inspection, context: CliContext): string {
  const page = new Page(context)
  const { header, payload } = inspection
  printForm(page, inspection)
  if (header !== undefined) page.heading('Header').block(visibleJson(header))
  if (payload !== undefined) page.heading('Payload').block(visibleJson(payload))
  printTimes(page, inspection)
  printVendor(page, inspection)
  printFindings(page, inspection)
  page.heading('Not verified')
  page.prose(
    inspection.form === 'jws'
      ? 'The signature was not checked, so anybody may have written this. To check it: mayfly verify'
      : 'Nothing was checked.',
    'dim',
  )
  return page.text()
}

function printForm(page: Page, { form, kind, notes, faults }: Inspection): void {
  if (form === 'opaque') {
    page.heading('No JWT')
    page.prose(kind === undefined ? NO_JWT : `It seems to be ${kind}.`)
  }
  if (notes.length > 0) {
    page.heading('Found in what was given')
    for (const note of notes) page.point('warning', note)
  }
  if (faults.length > 0) {
    page.heading('Badly written')
    for (const { message } of faults) page.point('bad', message)
  }
}

const NO_JWT =
  'It has no parts with dots between. It may be an opaque token, which only its issuer can read.'

function printTimes(page: Page, { times, lifetimeText, lifetime, expired }: Inspection): void {
  if (times.length === 0) return
  page.heading(expired === true ? 'Times (expired)' : 'Times')
  const rows = times.map(({ claim, utc, relative }) => [NAMES[claim] ?? claim, utc, relative])
  page.table(
    lifetimeText === undefined ? rows : [...rows, ['lifetime', lifetimeText, `${lifetime} s`]],
  )
}

function printVendor(page: Page, { vendor, form, payload }: Inspection): void {
  if (form !== 'jws' || payload === undefined) return
  if (vendor === undefined) {
    page.heading('Vendor not recognised')
    page.prose(
      'It is like none of the vendors that are known here; --vendor NAME judges it as one.',
    )
    return
  }
  const { certainty, title, because, others } = vendor
  page.heading(`${CERTAINTY[certainty]} ${title}`)
  if (because.length > 0) page.prose(`because ${because.join('; ')}`, 'dim')
  if (others.length > 0) page.prose(`It might also be: ${others.join('; ')}.`)
}

function printFindings(page: Page, { findings, vendor, form, payload }: Inspection): void {
  if (form !== 'jws' || payload === undefined) return
  const errors = findings.filter(({ level }) => level === 'error')
  const count = errors.length
  const rules = count === 1 ? '1 rule' : `${count} rules`
  if (findings.length === 0) {
    page.heading('No rule broken')
    page.prose(
      vendor === undefined
        ? 'as far as the rules for every token go'
        : 'as far as can be seen without the key',
      'dim',
    )
    return
  }
  page.heading(count === 0 ? 'Worth a look' : `Breaks ${rules}`)
  for (const { message } of errors) page.point('bad', message)
  for (const { message, level } of findings) if (level === 'warning') page.point('warning', message)
}
