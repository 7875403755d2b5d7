import { describe, expect, it } from 'vitest'
import { judgeLock } from '../lock/addresses.ts'

const sound = `lockfileVersion: '9.0'
packages:
  jose@6.2.17:
    resolution: {integrity: sha512-x4gA==}
  '@changesets/git@4.0.1':
    resolution: {integrity: sha512-x4gB==}
`

describe('the lock file', () => {
  it('is in order when packages have a version and a digest only', () => {
    expect(judgeLock(sound)).toEqual({ checked: '2 packages', faults: [] })
  })

  it.each([
    '    resolution: {integrity: sha512-x4gA==, tarball: registry.example/jose.tgz}',
    '    resolution: {integrity: sha512-x4gA==, url: https://registry.example/jose.tgz}',
    '    version: http://registry.example/jose.tgz',
    '    resolution: {commit: abc, repo: git@github.com:panva/jose.git, type: git}',
  ])('may not hold "%s"', (line) => {
    expect(judgeLock(`${sound}${line}\n`).faults).toEqual([
      expect.stringContaining('pnpm-lock.yaml:7: records a download address'),
    ])
  })

  it('is at fault when it has no package', () => {
    expect(judgeLock('').faults).toEqual(['pnpm-lock.yaml: there is no package in it'])
  })
})
