import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { replaceSection } from './markers.ts'
import { renderPage } from './page.ts'
import { readResults } from './results.ts'
import { renderSummary } from './summary.ts'

/** Where the tables come from, and where they go. */
export interface DocumentFiles {
  readonly results: string
  /** Gets the summary, between its markers. */
  readonly readme: string
  /** Is written as a whole. */
  readonly page: string
}

/** Puts the tables of kept results into their documents, and names those that this changed. */
export function writeDocuments(files: DocumentFiles): readonly string[] {
  const changed = outdated(files)
  for (const { path, text } of changed) writeFileSync(path, text)
  return changed.map(({ path }) => path)
}

/** Fails when a document does not show the results that are kept. */
export function checkDocuments(files: DocumentFiles): void {
  const paths = outdated(files).map(({ path }) => path)
  if (paths.length === 0) return
  throw new Error(`${paths.join(' and ')} show other results. Run "pnpm bench:table".`)
}

function outdated({
  results: from,
  readme,
  page,
}: DocumentFiles): { path: string; text: string }[] {
  if (!existsSync(from)) throw new Error(`${from} is missing. Run "pnpm bench" to make it.`)
  if (!existsSync(readme)) throw new Error(`${readme} is missing, so the summary has no place.`)
  const results = readResults(from)
  const summary = renderSummary(results)
  return [
    { path: page, text: `${renderPage(results)}\n` },
    { path: readme, text: replaceSection(readFileSync(readme, 'utf8'), summary, readme) },
  ].filter(({ path, text }) => !existsSync(path) || readFileSync(path, 'utf8') !== text)
}
