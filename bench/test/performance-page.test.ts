import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { drawBars } from '../plots/bars.ts'
import { renderPerformance } from '../plots/page.ts'
import { here } from '../tree/revision.ts'

function kept(name: string): never {
  return JSON.parse(readFileSync(join(here, 'bench/results', `${name}.json`), 'utf8')) as never
}

describe('the page about performance', () => {
  it('shows the results that are kept', () => {
    const files = renderPerformance({ cpu: kept('cpu'), jwt: kept('jwt'), scale: kept('scale') })
    for (const [name, text] of Object.entries(files)) {
      expect(readFileSync(join(here, 'docs', name), 'utf8')).toBe(text)
    }
    expect(files['performance.md']).toContain('plots/express-dark.svg')
  })

  it('draws each bar by its value, and none that breaks the document', () => {
    const bars = [
      { label: 'a < "b" & c', value: 1, text: '1 µs', own: true },
      { label: 'other', value: 2, text: '2 µs', own: false },
    ]
    const svg = drawBars({ title: 'Time', bars }, 'dark')
    expect(svg).toContain('a &lt; &quot;b&quot; &amp; c')
    const widths = [...svg.matchAll(/<rect [^>]*width="(\d+)"/g)].map(([, width]) => Number(width))
    expect(widths[1]).toBe((widths[0] ?? 0) * 2)
  })
})
