/** What a caller names: a function, perhaps with a version or alias. */
export interface FunctionReference {
  functionName: string
  qualifier: string | undefined
  /** Of another account, if it names one. */
  accountId?: string
}

// https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html: name, partial ARN or ARN, each with or without a qualifier
const REFERENCE =
  /^(?:arn:aws[a-zA-Z-]*:lambda:)?(?:[a-z]{2}(?:-[a-z]+)+-\d:)?(?:(?<accountId>\d{12}):)?(?:function:)?(?<functionName>[a-zA-Z0-9-_.]+)(?::(?<qualifier>\$LATEST|[a-zA-Z0-9-_]+))?$/

/** Undefined: it is no name of a function. */
export function readFunctionReference(text: string): FunctionReference | undefined {
  const { functionName, qualifier, accountId } = REFERENCE.exec(text)?.groups ?? {}
  if (functionName === undefined) return undefined
  return { functionName, qualifier, ...(accountId !== undefined && { accountId }) }
}
