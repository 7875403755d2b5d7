import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import { type DefaultTheme, defineConfig, type MarkdownRenderer } from 'vitepress'
import llmstxt from 'vitepress-plugin-llms'

const docs = resolve(import.meta.dirname, '..')
const root = resolve(docs, '..')
const manifest = JSON.parse(readFileSync(resolve(root, 'packages/core/package.json'), 'utf8')) as {
  readonly version: string
  readonly repository?: { readonly url: string }
}
const repository = manifest.repository?.url.replace(/^git\+/, '').replace(/\.git$/, '')

/** The pages, by what people come to do. One that is not listed fails the build. */
const sidebar: DefaultTheme.SidebarItem[] = [
  {
    text: 'Start',
    items: page(
      ['index', 'Index by task'],
      ['getting-started', 'Getting started'],
      ['concepts', 'Concepts'],
      ['migrating', 'Migrating'],
    ),
  },
  {
    text: 'Call APIs',
    items: page(
      ['vendors', 'Vendors'],
      ['clients', 'HTTP clients'],
      ['grants', 'Refresh tokens and grants'],
      ['troubleshooting', 'Troubleshooting a 401'],
    ),
  },
  {
    text: 'Protect APIs',
    items: page(
      ['verifying', 'Verifying tokens'],
      ['providers', 'Identity providers'],
      ['browser-tokens', 'Tokens in browsers'],
      ['sessions', 'Sessions'],
      ['dpop', 'Key-bound tokens (DPoP)'],
      ['frameworks', 'Frameworks'],
    ),
  },
  {
    text: 'The service and the command line',
    items: page(
      ['service', 'A token service'],
      ['deployment', 'Deployment'],
      ['cli', 'The command line'],
      ['cli-diagnose', 'Why is it 401?'],
      ['troubleshooting', 'Troubleshooting'],
    ),
  },
  {
    text: 'In production',
    items: page(
      ['running-several-instances', 'Running several instances'],
      ['observability', 'Observability'],
      ['performance', 'Performance'],
      ['scale', 'Scale'],
      ['runtimes', 'Runtimes'],
    ),
  },
  {
    text: 'Reference',
    items: page(
      ['errors', 'Errors and reasons'],
      ['security', 'Security model'],
      ['glossary', 'Glossary'],
      ['api/index', 'API reference'],
    ),
  },
]

const listed = JSON.stringify(sidebar)
for (const file of readdirSync(docs).filter(
  (name) => name.endsWith('.md') && name !== 'index.md',
)) {
  if (listed.includes(`"/${file.slice(0, -'.md'.length)}"`)) continue
  throw new Error(`docs/${file} is in no sidebar: add it to docs/.vitepress/config.ts.`)
}

function page(...entries: [file: string, text: string][]): DefaultTheme.SidebarItem[] {
  return entries
    .filter(([file]) => file.startsWith('api/') || existsSync(resolve(docs, `${file}.md`)))
    .map(([file, text]) => ({ text, link: `/${file.replace(/(^|\/)index$/, '$1')}` }))
}

/** Leads links out of `docs/` to the page that has it, or to the repository once that has an address. */
function linksToSources(markdown: MarkdownRenderer): void {
  markdown.core.ruler.push('links-to-sources', ({ tokens, env }) => {
    const file = (env as { readonly path: string }).path
    const base = file.endsWith('/security.md') ? root : dirname(file)
    for (const token of tokens.flatMap(({ children }) => children ?? [])) {
      const href = token.attrGet('href')
      if (token.type !== 'link_open' || href === null || /^(?:[a-z]+:|#|\/)/.test(href)) continue
      const [path = '', hash = ''] = href.split(/(?=#)/)
      const target = relative(root, resolve(base, path))
      if (target.startsWith('docs/')) {
        if (base === root) token.attrSet('href', `${target.slice('docs'.length)}${hash}`)
        continue
      }
      const elsewhere = repository === undefined ? '/' : `${repository}/blob/main/${target}`
      token.attrSet('href', `${OUTSIDE[target] ?? elsewhere}${hash}`)
    }
  })
}

/** What stands outside of `docs/`, and the page that has it. */
const OUTSIDE: Readonly<Record<string, string>> = {
  'SECURITY.md': '/security',
  'README.md': '/getting-started',
}

export default defineConfig({
  title: 'Mayfly',
  description: 'Short-lived tokens for Node servers: mint, reuse, refresh, issue and verify.',
  srcExclude: ['.fences/**', 'node_modules/**'],
  outDir: resolve(docs, '.vitepress/dist'),
  cleanUrls: true,
  lastUpdated: false,
  markdown: { config: linksToSources },
  vite: {
    plugins: [llmstxt({ ignoreFiles: ['api/**/*'] })],
    build: { chunkSizeWarningLimit: 4000 },
  },
  themeConfig: {
    nav: [
      { text: 'Getting started', link: '/getting-started' },
      { text: 'Vendors', link: '/vendors' },
      { text: 'Errors', link: '/errors' },
      { text: 'API', link: '/api/' },
      { text: `v${manifest.version}`, link: '/api/' },
    ],
    sidebar: { '/': sidebar, '/api/': apiSidebar() },
    outline: { level: [2, 3] },
    search: {
      provider: 'local',
      options: {
        miniSearch: {
          // A word of a page counts for more than the same word as the name of a parameter.
          searchOptions: { boostDocument: (id: string) => (id.startsWith('/api/') ? 0.2 : 1) },
        },
      },
    },
  },
})

/** The packages and their entries alone: every symbol on every page would be most of the site. */
function apiSidebar(): DefaultTheme.SidebarItem[] {
  const file = resolve(docs, 'api/typedoc-sidebar.json')
  if (!existsSync(file)) return []
  const items = JSON.parse(readFileSync(file, 'utf8')) as DefaultTheme.SidebarItem[]
  return items.map(({ text, link }) => ({ text: text ?? '', link: link ?? '/api/' }))
}
