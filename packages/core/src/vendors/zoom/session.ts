import { nameOf } from '../../base/identifiers.ts'
import { describe, invalid, requireString } from '../../base/options.ts'

/** Where Zoom has data centers for the Video SDK. */
export type ZoomRegion = (typeof REGIONS)[number]

const REGIONS = ['AU', 'BR', 'CA', 'CN', 'DE', 'HK', 'IN', 'JP', 'MX', 'NL', 'SG', 'US'] as const

const NO_TOPIC_CHARACTER = /[^A-Za-z0-9 !#$%&()+\-:;<=.>?@[\]^_{}|~,\\]/u

/** Checks a session's name: 1 to 200 of the characters that Zoom allows. */
export function requireTopic(value: unknown): string {
  const topic = requireString(value, 'topic', 200)
  const found = NO_TOPIC_CHARACTER.exec(topic)
  if (found === null) return topic
  throw invalid(
    'topic',
    `"topic" has ${nameOf(found[0])} at position ${found.index + 1}, which Zoom does not allow. It takes A to Z, a to z, 0 to 9, space and ! # $ % & ( ) + - : ; < = . > ? @ [ ] ^ _ { } | ~ , \\`,
  )
}

/** Writes the regions as Zoom wants them: codes with commas between. */
export function compileRegions(value: unknown): string | undefined {
  if (value === undefined) return undefined
  const list: readonly unknown[] | undefined =
    typeof value === 'string' ? value.split(',') : Array.isArray(value) ? value : undefined
  if (list === undefined) {
    throw invalid('geoRegions', `"geoRegions" must be a list of codes, not ${describe(value)}.`)
  }
  if (list.length === 0) {
    throw invalid('geoRegions', '"geoRegions" is empty; leave it out to allow all regions.')
  }
  return list.map(requireRegion).join(',')
}

function requireRegion(code: unknown): ZoomRegion {
  const trimmed = typeof code === 'string' ? code.trim() : code
  const region = REGIONS.find((known) => known === trimmed)
  if (region !== undefined) return region
  throw invalid(
    'geoRegions',
    `"geoRegions" must be codes of Zoom's regions, such as "US,CA": ${REGIONS.join(', ')}.`,
  )
}
