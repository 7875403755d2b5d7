/** Encrypts what is kept of a token's text. */
export interface TokenSeal {
  seal(text: string, tokenId: string): Promise<string>
  open(sealed: string, tokenId: string): Promise<string>
}
