import { type Program, parseSync, Visitor } from 'oxc-parser'

/** Lists the modules that a file names: by import, re-export, `import()` or an `import('…')` type. */
export function readImports(file: string, text: string): string[] {
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
  }).visit(parse(file, text))
  return found
}

/** Whether a file does nothing but import from other files and export what it got. */
export function passesOn(file: string, text: string): boolean {
  return parse(file, text).body.every(
    (each) =>
      each.type === 'ImportDeclaration' ||
      (each.type === 'ExportNamedDeclaration' && each.declaration === null),
  )
}

function parse(file: string, text: string): Program {
  const { program, errors } = parseSync(file, text, { sourceType: 'module' })
  const [broken] = errors
  if (broken !== undefined) throw new Error(`${file} does not parse: ${broken.message}`)
  return program
}
