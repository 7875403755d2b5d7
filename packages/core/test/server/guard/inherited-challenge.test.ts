import { Guard } from '@mayfly/core'
import { checkScope, compileScopeCheck } from '@mayfly/core/adapter'
import { describe, expect, it } from 'vitest'
import { bench } from '../../support/inbound.ts'

describe('A scope check behind a guard', () => {
  it('challenges in the guard’s own words', async () => {
    const { verifier } = await bench()
    const { challenger } = new Guard(verifier, {
      realm: 'orders',
      resourceMetadata: 'https://api.example.com/metadata',
    })
    const check = compileScopeCheck(['orders:write'])
    expect(check({ scopes: [] }, challenger)?.headers['www-authenticate']).toBe(
      'Bearer realm="orders", error="insufficient_scope", error_description="The token does not have the scope that this takes.", scope="orders:write", resource_metadata="https://api.example.com/metadata"',
    )
    expect(check(undefined, challenger)?.headers['www-authenticate']).toBe(
      'Bearer realm="orders", resource_metadata="https://api.example.com/metadata"',
    )
  })

  it('challenges in its own where it has some, and by default without a guard', async () => {
    const { verifier } = await bench()
    const { challenger } = new Guard(verifier, { realm: 'orders' })
    const check = compileScopeCheck(['orders:write'], { realm: 'own' })
    expect(check(undefined, challenger)?.headers['www-authenticate']).toBe('Bearer realm="own"')
    expect(checkScope(undefined, ['a'])?.headers['www-authenticate']).toBe('Bearer realm="api"')
  })
})
