import { describe, expect, it } from 'vitest'
import { withVendor } from '../../src/curl/find-vendor.ts'
import { run } from '../support/run.ts'

describe('mayfly curl URL', () => {
  it.each([
    ['https://api.appstoreconnect.apple.com/v1/apps', 'app-store-connect'],
    ['https://api.storekit-sandbox.apple.com/inApps/v1/history/1', 'app-store-server'],
    ['https://api.music.apple.com/v1/catalog/us/songs/1', 'music-kit'],
    ['https://weatherkit.apple.com/api/v1/availability/1/1', 'weather-kit'],
    ['https://api.vonage.com/v1/calls', 'vonage'],
    ['https://api.voicegain.ai/v1/sa/config', 'voicegain'],
    ['https://api.zoom.us/v2/users/me', 'zoom-server-to-server'],
    ['https://www.googleapis.com/storage/v1/b/B', 'google-service-account'],
  ])('knows whose %s is', (url, vendor) => {
    expect(withVendor(['curl', url, '-i'])).toEqual(['curl', vendor, url, '-i'])
  })

  it.each([
    [['curl', 'vonage', 'https://api.nexmo.com/']],
    [['curl', '--help']],
    [['token', 'vonage']],
    [['inspect', 'https://api.nexmo.com/']],
    [[]],
  ])('leaves %j as it is', (argv) => {
    expect(withVendor(argv)).toBe(argv)
  })

  it('goes by the whole host', () => {
    for (const host of ['api.nexmo.com.evil.example', 'evil.example?api.nexmo.com', 'nexmo.com']) {
      expect(() => withVendor(['curl', `https://${host}/`])).toThrow('No vendor is known')
    }
  })

  it('says so where no vendor is known by the address, or more than one', async () => {
    const unknown = await run(['curl', 'https://orders.example.net/'])
    expect(unknown).toMatchObject({ exitCode: 2, stdout: '' })
    expect(unknown.stderr).toContain('Put the vendor first: mayfly curl VENDOR [options] URL')
    const several = await run(['curl', 'https://api.github.com/app'])
    expect(several.stderr).toContain('mayfly curl github-app or github-installation')
  })

  it('goes on as if the vendor had been named', async () => {
    const named = await run(['curl', 'vonage', 'https://api.nexmo.com/v1/calls'])
    const found = await run(['curl', 'https://api.nexmo.com/v1/calls'])
    expect(found).toEqual(named)
    expect(found.stderr).toContain('--application-id')
  })
})
