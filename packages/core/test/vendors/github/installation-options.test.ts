import type { TokenSource } from '@mayfly/core'
import { githubInstallation, type GithubInstallationOptions } from '@mayfly/core/vendors'
import { describe, expect, it } from 'vitest'

describe('githubInstallation refuses when the source is made', () => {
  const app: TokenSource = {
    id: 'app',
    origins: ['https://api.github.com'],
    getToken: () => Promise.reject(new Error('not asked')),
  }
  const BASE: GithubInstallationOptions = { app, installationId: 42 }
  const bad: readonly [string, object, string][] = [
    ['no app', { app: undefined }, 'app'],
    ['an app for another server', { baseUrl: 'https://github.example.com/api/v3' }, 'app'],
    ['an app that goes nowhere', { app: { ...app, origins: [] } }, 'baseUrl'],
    ['no installation', { installationId: undefined }, 'installationId'],
    ['an installation of nothing', { installationId: 0 }, 'installationId'],
    ['part of an installation', { installationId: 1.5 }, 'installationId'],
    ['an installation by another name', { installationId: 'octo-org' }, 'installationId'],
    ['a path for an installation', { installationId: '1/../2' }, 'installationId'],
    ['no repository in a list', { repositories: [] }, 'repositories'],
    ['a repository with its owner', { repositories: ['octo-org/a'] }, 'repositories'],
    ['a repository id of nothing', { repositories: [0] }, 'repositories'],
    ['a repository that is an object', { repositories: [{}] }, 'repositories'],
    [
      '501 repositories',
      { repositories: Array.from({ length: 501 }, (_, id) => id + 1) },
      'repositories',
    ],
    ['one repository as text', { repositories: 'a' }, 'repositories'],
    ['an unknown access', { permissions: { contents: 'none' } }, 'permissions'],
    ['a permission by another name', { permissions: { 'Contents!': 'read' } }, 'permissions'],
    ['permissions in a list', { permissions: ['contents'] }, 'permissions'],
    ['a server in the clear', { baseUrl: 'http://api.github.com' }, 'baseUrl'],
    ['a misspelt option', { permission: {} }, 'permission'],
    ['a timeout of nothing', { timeoutMs: 0 }, 'timeoutMs'],
  ]
  for (const [what, options, option] of bad) {
    it(what, () => {
      expect(() => githubInstallation({ ...BASE, ...options })).toThrow(
        expect.objectContaining({ name: 'OptionError', option }),
      )
    })
  }

  it('nothing at the limits, and says to leave out the owner', () => {
    const repositories = Array.from({ length: 500 }, (_, id) => id + 1)
    expect(() => githubInstallation({ ...BASE, repositories })).not.toThrow()
    expect(() => githubInstallation({ ...BASE, repositories: ['a/b'] })).toThrow(
      'Leave out the owner and the slash',
    )
  })
})
