import { FakeClock } from '@mayfly/testing'
import { describe, expect, it } from 'vitest'
import { run } from '../support/run.ts'
import { clock, NOW, tokenOf, write } from './support/tokens.ts'

// oxlint-disable-next-line no-control-regex -- they are what is looked for
const CONTROLS = /[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u202E\u2028\u{E0041}]/u

describe('mayfly inspect', () => {
  it('shows header, payload and times, and that nothing was verified', async () => {
    const token = write({ alg: 'HS256' }, { iat: NOW - 120, exp: NOW + 720 })
    const { exitCode, stdout, stderr } = await run(['inspect', token], { clock })
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(stdout).toContain('"alg": "HS256"')
    expect(stdout).toMatch(/issued +2023-11-14 22:11:20 UTC +2 min ago/)
    expect(stdout).toMatch(/expires +2023-11-14 22:25:20 UTC +in 12 min/)
    expect(stdout).toMatch(/lifetime +14 min/)
    expect(stdout).toContain('Not verified')
    expect(stdout).not.toMatch(/\bvalid\b/i)
  })

  it('reads standard input with "-", and without any argument', async () => {
    const stdin = `Bearer ${await tokenOf('APNs')}\n`
    const [dash, nothing] = [['inspect', '-'], ['inspect']].map((argv) =>
      run(argv, { stdin, clock }),
    )
    expect((await dash)?.stdout).toContain('Most likely APNs')
    expect((await nothing)?.stdout).toBe((await dash)?.stdout)
  })

  it('never shows the signature, or the token as a whole', async () => {
    const token = await tokenOf('Zoom Video SDK')
    const signature = token.split('.')[2] ?? ''
    for (const argv of [
      ['inspect', token],
      ['inspect', '--json', token],
    ]) {
      const { stdout } = await run(argv, { clock })
      expect(stdout).toContain('Cool Cars')
      expect(stdout).not.toContain(signature.slice(0, 12))
      expect(stdout).not.toContain('eyJ')
    }
  })

  it('ends with 1 for a rule that is broken and for a token that is badly written', async () => {
    const broken = write({ alg: 'none' }, { exp: NOW })
    for (const token of [broken, 'hello', `${await tokenOf('APNs')}=`]) {
      expect((await run(['inspect', token], { clock })).exitCode).toBe(1)
    }
  })

  it('takes an opaque token that it knows for what it is', async () => {
    const { exitCode, stdout } = await run(['inspect', 'ghs_16C7e42F292c6912E7710c838347Ae178B4a'])
    expect(exitCode).toBe(0)
    expect(stdout).toContain('installation token of a GitHub App')
    expect(stdout).not.toContain('16C7e42F')
  })

  it('lets no token write to the terminal', async () => {
    const evil = '\u001b[2J\u001b]0;owned\u0007\u009b31m\u202Etxt.exe\u2028\u{E0041}\u007F'
    const token = write(
      { alg: evil, kid: evil, [evil]: 1 },
      { sub: evil, tpc: evil, app_key: evil },
    )
    for (const argv of [
      ['inspect', token],
      ['inspect', '--json', token],
    ]) {
      const { stdout, stderr } = await run(argv, { clock })
      expect(stdout + stderr).not.toMatch(CONTROLS)
    }
    const { stdout } = await run(['inspect', '--json', token], { clock })
    expect(JSON.parse(stdout)).toMatchObject({ payload: { sub: evil } })
  })

  it('prints JSON that says the same', async () => {
    const token = write({ alg: 'RS256' }, { app_key: 'a', tpc: 'x', iat: NOW, exp: NOW + 60 })
    const { stdout } = await run(['inspect', '--json', token], { clock })
    expect(JSON.parse(stdout)).toMatchObject({
      form: 'jws',
      verified: false,
      expired: false,
      lifetime: 60,
      vendor: { name: 'zoom-video-sdk', certainty: 'sure' },
      times: [
        { claim: 'iat', relative: 'now' },
        { claim: 'exp', relative: 'in 1 min' },
      ],
    })
    expect(stdout).toContain('"rule": "too-short"')
  })

  it('judges by the vendor that it is told, and refuses one that it does not know', async () => {
    const token = write({ alg: 'HS256' }, { exp: NOW })
    const told = await run(['inspect', '--vendor', 'vonage', token], { clock })
    expect(told.stdout).toContain('Judged as Vonage')
    const wrong = await run(['inspect', '--vendor', 'acme', token], { clock })
    expect(wrong.exitCode).toBe(2)
    expect(wrong.stderr).toContain('zoom-video-sdk')
  })

  it('keeps to 60 columns in all but JSON', async () => {
    const token = write({ alg: 'none' }, { app_key: 'a', tpc: '/', exp: NOW * 1000, nbf: NOW + 60 })
    const { stdout } = await run(['inspect', token], {
      clock,
      terminal: true,
      columns: 60,
      env: { NO_COLOR: '1' },
    })
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(60)
  })

  it('says that a token has expired, without calling that a fault', async () => {
    const token = await tokenOf('Telesign App Verify')
    const later = new FakeClock((NOW + 3600) * 1000)
    const { exitCode, stdout } = await run(['inspect', token], { clock: later })
    expect(stdout).toContain('Times (expired)')
    expect(exitCode).toBe(0)
  })
})
