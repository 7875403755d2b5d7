import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseSync, Visitor } from 'oxc-parser'
import { type Plugin, rolldown } from 'rolldown'
import { dts } from 'rolldown-plugin-dts'
import { type PublicPackage, publicPackages } from './packages/workspace.ts'

// Writes what the packages publish: a file for each entry, and files that entries share.

/**
 * The core has a file for each of its rooms, so that a bundler leaves out whole rooms that a program does
 * not use, and one for the public suffix list's door; `vendors` and `node` are rooms and entries at once.
 * What the other packages consist of is mostly used together.
 */
const ROOM = /\/packages\/core\/src\/(?:\w+\/(?=suffix))?(\w+)(?:\/.*)?(?<!\.d)\.ts$/

/** What the bundler puts in the place of syntax that an older Node.js cannot read. */
const HELPER = /^\0@oxc-project\+runtime@/

/** Types of Node's own that no declaration names any more: browsers and Workers do not have them. */
const withoutEmptyImports = {
  name: 'without-empty-imports',
  generateBundle(
    _: unknown,
    files: Readonly<Record<string, { type: string; code?: string }>>,
  ): void {
    for (const [name, file] of Object.entries(files)) {
      if (!name.endsWith('.d.ts') || file.code === undefined) continue
      // The line stays, so that source maps stay right.
      file.code = file.code.replaceAll(/^import "node:[\w/]+";$/gm, '')
    }
  },
}

/**
 * Says of the calls that make a module's constants that nothing else comes of them, which is what
 * `sideEffects: false` says of the module: so a bundler can leave out of a room what is not used.
 */
const pureConstants: Plugin = {
  name: 'pure-constants',
  transform: {
    filter: { id: /\/packages\/core\/src\/.*(?<!\.d)\.ts$/ },
    handler(code, id, { magicString }) {
      if (magicString === undefined) throw new Error('There is no magic string to write to.')
      let functions = 0
      const enter = (): void => void functions++
      const leave = (): void => void functions--
      const mark = ({ start }: { readonly start: number }): void => {
        if (functions === 0) magicString.appendLeft(start, '/* @__PURE__ */ ')
      }
      new Visitor({
        FunctionDeclaration: enter,
        'FunctionDeclaration:exit': leave,
        FunctionExpression: enter,
        'FunctionExpression:exit': leave,
        ArrowFunctionExpression: enter,
        'ArrowFunctionExpression:exit': leave,
        ClassBody: enter,
        'ClassBody:exit': leave,
        // A statement of its own is there for what it does.
        ExpressionStatement: enter,
        'ExpressionStatement:exit': leave,
        CallExpression: mark,
        NewExpression: mark,
      }).visit(parseSync(id, code).program)
      return { code: magicString }
    },
  },
}

for (const each of publicPackages()) await bundle(each)

async function bundle({ folder, sources, imports }: PublicPackage): Promise<void> {
  const dist = join(folder, 'dist')
  rmSync(dist, { recursive: true, force: true })
  await using bundler = await rolldown({
    cwd: folder,
    input: sources,
    external: (id) =>
      id.startsWith('node:') || imports.some((name) => `${id}/`.startsWith(`${name}/`)),
    platform: 'neutral',
    // What the oldest Node.js that we support can read: it has no `using`.
    transform: { target: 'es2023' },
    preserveEntrySignatures: 'allow-extension',
    plugins: [pureConstants, dts({ cwd: folder, sourcemap: true }), withoutEmptyImports],
    experimental: { nativeMagicString: true },
    checks: { pluginTimings: false, bundlerTimings: false },
    onLog(_, { message }) {
      throw new Error(`${folder}: ${message}`)
    },
  })
  await bundler.write({
    dir: dist,
    sourcemap: true,
    sourcemapExcludeSources: true,
    comments: { annotation: true, jsdoc: false, legal: true },
    codeSplitting: {
      includeDependenciesRecursively: false,
      groups: [
        { name: (id) => ROOM.exec(id)?.[1] ?? null, debugName: 'rooms' },
        // Else a helper goes into the entry that uses it, which then exports it.
        { name: (id) => (HELPER.test(id) ? 'rolldown-runtime' : null), debugName: 'helpers' },
      ],
    },
  })
}
