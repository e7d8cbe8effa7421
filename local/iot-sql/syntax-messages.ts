import { EOF, type IParserErrorMessageProvider, type IToken } from 'chevrotain'

const MAX_QUOTED_CHARACTERS = 40

/** What chevrotain calls its errors, in our words. */
export const SYNTAX_MESSAGES: IParserErrorMessageProvider = {
  buildMismatchTokenMessage: ({ expected, actual }) =>
    `expected ${expected === EOF ? 'the end of the statement' : (expected.LABEL ?? expected.name)}, found ${describeToken(actual)}`,
  buildNotAllInputParsedMessage: ({ firstRedundant }) =>
    `expected an operator, WHERE or the end of the statement, found ${describeToken(firstRedundant)}`,
  buildNoViableAltMessage: ({ actual, customUserDescription = 'something else' }) =>
    `expected ${customUserDescription}, found ${describeToken(actual[0])}`,
  buildEarlyExitMessage: ({ actual }) => `expected more, found ${describeToken(actual[0])}`,
}

export function describeToken(found: IToken | undefined): string {
  if (found === undefined || found.tokenType === EOF) return 'the end of the statement'
  const { image } = found
  return image.length > MAX_QUOTED_CHARACTERS ? `${image.slice(0, MAX_QUOTED_CHARACTERS)}…` : image
}

/** The name of a construct by the token it begins with. */
export function constructOf({ image }: IToken): string {
  if (image === '{') return 'an object literal'
  if (image === '[') return 'an array literal'
  return image.startsWith('@') ? 'a variable' : image.toUpperCase()
}
