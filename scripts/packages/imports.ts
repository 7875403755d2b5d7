import { parseSync, Visitor } from 'oxc-parser'

/** Lists the modules that a file names: by import, re-export, `import()` or an `import('…')` type. */
export function readImports(file: string, text: string): string[] {
  const { program, errors } = parseSync(file, text, { sourceType: 'module' })
  const [broken] = errors
  if (broken !== undefined) throw new Error(`${file} does not parse: ${broken.message}`)

  const found: string[] = []
  const add = ({ source }: { readonly source: object | null }): void => {
    const name: unknown = source === null ? undefined : Reflect.get(source, 'value')
    if (typeof name === 'string') found.push(name)
  }
  new Visitor({
    ImportDeclaration: add,
    ExportNamedDeclaration: add,
    ExportAllDeclaration: add,
    ImportExpression: add,
    TSImportType: add,
  }).visit(program)
  return found
}
