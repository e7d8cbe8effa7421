import { CommandError, errorCode } from '../command-error.ts'
import { Problem } from './problems.ts'

const DENIED = /^(AccessDenied|UnauthorizedException$|Forbidden|NotAuthorized)/
const REFUSED =
  /UnrecognizedClient|InvalidSignature|SignatureDoesNotMatch|InvalidClientToken|InvalidAccessKey|Expired|IncompleteSignature/
const MISSING = /CredentialsProviderError|TokenProviderError/
const UNREACHABLE = /^(E[A-Z]+|TimeoutError|NetworkingError)$/

/** Makes a call of AWS, and turns what can go wrong with any of them into a Problem; errors of the `expected` names pass. */
export async function callApi<Result>(
  action: string,
  call: () => Promise<Result>,
  expected: readonly string[] = [],
): Promise<Result> {
  try {
    return await call()
  } catch (error) {
    const name = error instanceof Error ? error.name : ''
    if (expected.includes(name) || error instanceof CommandError) throw error
    throw apiProblem(action, error)
  }
}

export function apiProblem(action: string, error: unknown): Problem {
  if (error instanceof Problem) return error
  const name = error instanceof Error ? error.name : ''
  const code = errorCode(error)
  // that of a service says who may not do what; any other might quote what was read
  const words = error instanceof Error && '$metadata' in error ? `: ${error.message}` : ''
  const text = (what: string) => `${action}: ${what} (${name || code}${words})`
  if (MISSING.test(name) || (error instanceof Error && error.message === 'Region is missing')) {
    return new Problem('credentials_missing', text('there are no credentials or no region'))
  }
  if (DENIED.test(name)) return new Problem('api_denied', text('denied'), { name: action })
  if (REFUSED.test(name)) return new Problem('credentials_refused', text('the credentials are not taken'))
  if (UNREACHABLE.test(code) || UNREACHABLE.test(name)) {
    return new Problem('service_unreachable', text('the service does not answer'))
  }
  return new Problem('api_failed', text('failed'))
}
