import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { expect } from 'vitest'
import type { OpenApiDocument } from '../../src/index.ts'

/** An answer as it came over the wire. */
export interface LiveAnswer {
  readonly method: string
  /** Path and query. */
  readonly target: string
  readonly status: number
  readonly headers: Headers
  readonly body: string
}

interface DocumentedAnswer {
  readonly headers?: Readonly<Record<string, { schema: object; required?: boolean }>>
  readonly content?: Readonly<Record<string, { schema: object }>>
}

/** What HTTP itself and a careful server add to every answer; the rest has to be in the document. */
const EVERYWHERE = new Set([
  'connection',
  'content-length',
  'content-security-policy',
  'content-type',
  'date',
  'keep-alive',
  'referrer-policy',
  'strict-transport-security',
  'transfer-encoding',
])

/** Holds answers to an OpenAPI document: whatever is not in it fails the test. */
export class OpenApiCheck {
  readonly #document: OpenApiDocument
  readonly #ajv = new Ajv2020({ strict: false, allErrors: true })
  readonly #validators = new Map<object, ValidateFunction>()
  /** What was answered so far: `GET /tokens 200`. */
  readonly seen = new Set<string>()

  constructor(document: OpenApiDocument) {
    this.#document = document
    addFormats.default(this.#ajv)
    this.#ajv.addSchema(document, 'document')
  }

  /** All that the document says can be answered. */
  documented(): string[] {
    return Object.entries(this.#document.paths).flatMap(([path, item]) =>
      Object.entries(item).flatMap(([method, { responses }]) =>
        Object.keys(responses).map((status) => `${method.toUpperCase()} ${path} ${status}`),
      ),
    )
  }

  /** Holds one answer to the document. */
  judge(live: LiveAnswer): void {
    const { method, target, status } = live
    const where = `${method} ${target.slice(0, 100)} ${status}`
    const path = this.#template(target)
    if (path === undefined) return this.#judgeOutside(live, 404, where)
    const item = this.#document.paths[path] ?? {}
    const operation = item[method.toLowerCase() as 'get']
    if (operation === undefined) {
      this.#judgeOutside(live, 405, where)
      const allowed = Object.keys(item).map((name) => name.toUpperCase())
      expect(live.headers.get('allow')?.split(', '), where).toStrictEqual(allowed)
      return
    }
    const documented = operation.responses[String(status)] as DocumentedAnswer | undefined
    expect(documented, `${where} is not in the document: ${live.body}`).toBeDefined()
    this.#judgeHeaders(live, documented?.headers ?? {}, where)
    this.#judgeBody(live, documented?.content, where)
    this.seen.add(`${method} ${path} ${status}`)
  }

  #template(target: string): string | undefined {
    const path = target.replace(/\?.*$/s, '')
    return Object.keys(this.#document.paths)
      .toSorted((a, b) => a.split('{').length - b.split('{').length)
      .find((template) => {
        const pattern = template.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')
        return new RegExp(`^${pattern}$`).test(path)
      })
  }

  /** Where there is no operation, there is one answer. */
  #judgeOutside(live: LiveAnswer, status: number, where: string): void {
    expect(live.status, where).toBe(status)
    expect(live.headers.get('cache-control'), where).toBe('no-store')
    const problem = { $ref: '#/components/schemas/Problem' }
    this.#judgeBody(live, { 'application/problem+json': { schema: problem } }, where)
  }

  #judgeHeaders(
    live: LiveAnswer,
    documented: NonNullable<DocumentedAnswer['headers']>,
    where: string,
  ): void {
    const known = new Map(
      Object.entries(documented).map(([name, header]) => [name.toLowerCase(), header]),
    )
    for (const name of live.headers.keys()) {
      if (EVERYWHERE.has(name)) continue
      expect([...known.keys()], `${where}: the header ${name} is not documented`).toContain(name)
    }
    for (const [name, { schema, required = false }] of known) {
      const value = live.headers.get(name)
      if (value === null) {
        expect(required, `${where}: the header ${name} is missing`).toBe(false)
      } else {
        const isNumber = 'type' in schema && schema.type === 'integer'
        this.#validate(schema, isNumber ? Number(value) : value, `${where}: ${name}`)
      }
    }
  }

  #judgeBody(live: LiveAnswer, content: DocumentedAnswer['content'], where: string): void {
    if (content === undefined || live.method === 'HEAD') {
      expect(live.body, where).toBe('')
      return
    }
    const type = live.headers.get('content-type')?.split(';')[0] ?? ''
    expect(Object.keys(content), where).toContain(type)
    const isJson = type.endsWith('json')
    const value: unknown = isJson ? JSON.parse(live.body) : live.body
    this.#validate(content[type]?.schema ?? false, value, where)
    if (type === 'application/problem+json') {
      expect((value as { status: number }).status, where).toBe(live.status)
    }
  }

  #validate(schema: object | boolean, value: unknown, where: string): void {
    const key = Object(schema) as object
    const found = this.#validators.get(key) ?? this.#ajv.compile(rooted(schema))
    this.#validators.set(key, found)
    expect(found(value), `${where}: ${this.#ajv.errorsText(found.errors)}`).toBe(true)
  }
}

/** References are to the whole document. */
function rooted(schema: object | boolean): object | boolean {
  return JSON.parse(
    JSON.stringify(schema).replaceAll('"#/components/', '"document#/components/'),
  ) as object | boolean
}
