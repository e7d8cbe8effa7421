/** The half of the package that an authorizer needs; the whole one brings code for signing to every cold start. */
declare module 'jsonwebtoken/verify.js' {
  import type { verify } from 'jsonwebtoken'

  const verifyToken: typeof verify
  export = verifyToken
}
