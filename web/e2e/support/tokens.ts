// Decodes and forges ID tokens; those of the emulator carry no signature.

type Claims = { aud: string; iss: string; iat: number; exp: number }

const encoded = (part: unknown) => Buffer.from(JSON.stringify(part)).toString('base64url')

export function claimsOf(token: string): Claims {
  const claims = token.split('.')[1] ?? ''
  return JSON.parse(Buffer.from(claims, 'base64url').toString()) as Claims
}

export const unsignedToken = (claims: Claims) => `${encoded({ alg: 'none', typ: 'JWT' })}.${encoded(claims)}.`
