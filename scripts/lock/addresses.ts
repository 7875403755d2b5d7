import type { Findings } from '../lib/report.ts'

/**
 * Finds download addresses in a pnpm lock file. Packages are named by version and digest alone, so
 * that an install works from whatever registry a machine is set up with.
 */
export function judgeLock(text: string): Findings {
  const lines = text.split('\n')
  const packages = lines.filter((line) => line.includes('resolution: {integrity: ')).length
  const faults = lines.flatMap((line, index) =>
    /\btarball:|\b(?:https?|git|ssh|file):\/\/|(?<=[\s'"])git@/.test(line)
      ? [`pnpm-lock.yaml:${index + 1}: records a download address: ${line.trim().slice(0, 60)}`]
      : [],
  )
  if (packages === 0) faults.push('pnpm-lock.yaml: there is no package in it')
  return { checked: `${packages} packages`, faults }
}
