/**
 * Says where an issuer's metadata may be: the issuer's path comes after the well-known path of RFC 8414
 * (section 3.1), and before that of OpenID Connect Discovery (section 4).
 */
export function metadataUrls(issuer: URL): readonly URL[] {
  const path = issuer.pathname.replace(/\/$/, '')
  const places = [
    `/.well-known/oauth-authorization-server${path}`,
    `${path}/.well-known/openid-configuration`,
  ]
  // Written in full: a path that begins with two slashes would be taken for another host.
  return places.map((place) => new URL(`${issuer.origin}${place}`))
}

/** Says what is likely to be wrong with an issuer that metadata does not name, where that is known. */
export function issuerHint(configured: string, found: unknown): string {
  const differsBySlash = found === `${configured}/` || `${String(found)}/` === configured
  return differsBySlash ? ' Only the slash at the end differs: write it as they do.' : ''
}
