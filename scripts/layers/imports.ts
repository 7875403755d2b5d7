import { parseSync, Visitor } from 'oxc-parser'
import { lineAt } from '../lib/text.ts'

/** One module that a file names: by import, re-export, `import()` or an `import('…')` type. */
export interface Import {
  readonly specifier: string
  readonly line: number
  /** True where nothing of it is left at run time. */
  readonly typeOnly: boolean
  /** True for `export * from`, which hides what a file exports. */
  readonly everything: boolean
}

/** A name in the braces of an import or export; a default or namespace import has no kind. */
interface Named {
  readonly type: string
  readonly importKind?: string
  readonly exportKind?: string
}

/** Lists what a TypeScript file imports, types included. Throws when the file does not parse. */
export function readImports(file: string, text: string): Import[] {
  const { program, errors } = parseSync(file, text, { sourceType: 'module' })
  const [broken] = errors
  if (broken !== undefined) throw new Error(`${file} does not parse: ${broken.message}`)

  const found: Import[] = []
  const add = (
    source: { readonly value: unknown; readonly start: number } | null,
    is: { readonly typeOnly: boolean; readonly everything?: boolean },
  ): void => {
    if (typeof source?.value !== 'string') return
    found.push({
      specifier: source.value,
      line: lineAt(text, source.start),
      typeOnly: is.typeOnly,
      everything: is.everything === true,
    })
  }

  new Visitor({
    ImportDeclaration: (node) => {
      const typeOnly = node.importKind === 'type' || onlyTypes(node.specifiers)
      add(node.source, { typeOnly })
    },
    ExportNamedDeclaration: (node) => {
      add(node.source, { typeOnly: node.exportKind === 'type' || onlyTypes(node.specifiers) })
    },
    ExportAllDeclaration: (node) => {
      add(node.source, { typeOnly: node.exportKind === 'type', everything: true })
    },
    ImportExpression: (node) => {
      add(node.source.type === 'Literal' ? node.source : null, { typeOnly: false })
    },
    TSImportType: (node) => add(node.source, { typeOnly: true }),
    TSExternalModuleReference: (node) => add(node.expression, { typeOnly: false }),
  }).visit(program)
  return found
}

function onlyTypes(specifiers: readonly Named[]): boolean {
  return (
    specifiers.length > 0 &&
    specifiers.every((named) => named.importKind === 'type' || named.exportKind === 'type')
  )
}
