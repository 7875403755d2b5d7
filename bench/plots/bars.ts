/** One bar: the longer, the more. */
export interface Bar {
  readonly label: string
  readonly value: number
  /** What is written at its end. */
  readonly text: string
  readonly own: boolean
}

/** A plot of bars that lie. */
export interface Plot {
  readonly title: string
  readonly bars: readonly Bar[]
}

const THEMES = {
  light: { ink: '#1f2328', faint: '#59636e', own: '#0969da', other: '#afb8c1' },
  dark: { ink: '#f0f6fc', faint: '#9198a1', own: '#4493f8', other: '#4d5560' },
} as const

/** The themes that there is a plot for. */
export const themes: readonly (keyof typeof THEMES)[] = ['light', 'dark']

const WIDTH = 720
const LABEL = 260
const ROW = 24

/** Draws bars as SVG, for a light or a dark page; its background is the page's. */
export function drawBars({ title, bars }: Plot, theme: keyof typeof THEMES): string {
  const { ink, faint, own, other } = THEMES[theme]
  const most = Math.max(...bars.map(({ value }) => value))
  const height = 40 + bars.length * ROW
  const rows = bars.map((bar, index) => {
    const y = 36 + index * ROW
    const width = Math.max(1, Math.round(((WIDTH - LABEL - 110) * bar.value) / most))
    const weight = bar.own ? ' font-weight="600"' : ''
    return [
      `<text x="${LABEL - 8}" y="${y + 13}" text-anchor="end" fill="${ink}"${weight}>${escaped(bar.label)}</text>`,
      `<rect x="${LABEL}" y="${y}" width="${width}" height="${ROW - 6}" rx="2" fill="${bar.own ? own : other}"/>`,
      `<text x="${LABEL + width + 6}" y="${y + 13}" fill="${faint}">${escaped(bar.text)}</text>`,
    ].join('\n')
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" font-family="system-ui, sans-serif" font-size="13">
<title>${escaped(title)}</title>
<text x="0" y="18" fill="${ink}" font-size="15" font-weight="600">${escaped(title)}</text>
${rows.join('\n')}
</svg>
`
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}
