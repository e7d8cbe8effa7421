import { EOF, type IParserErrorMessageProvider, type IToken } from 'chevrotain'

const MAX_QUOTED_CHARACTERS = 40

/** What chevrotain calls its errors, in our words. */
export const SYNTAX_MESSAGES: IParserErrorMessageProvider = {
  buildMismatchTokenMessage: ({ expected, actual }) =>
    `expected ${expected === EOF ? 'the end' : (expected.LABEL ?? expected.name)}, found ${describeToken(actual)}`,
  buildNotAllInputParsedMessage: ({ firstRedundant }) =>
    `expected an operator, a clause or the end, found ${describeToken(firstRedundant)}`,
  buildNoViableAltMessage: ({ actual, customUserDescription = 'something else' }) =>
    `expected ${customUserDescription}, found ${describeToken(actual[0])}`,
  buildEarlyExitMessage: ({ actual, customUserDescription = 'more' }) =>
    `expected ${customUserDescription}, found ${describeToken(actual[0])}`,
}

export function describeToken(found: IToken | undefined): string {
  if (found === undefined || found.tokenType === EOF) return 'the end'
  const { image } = found
  return image.length > MAX_QUOTED_CHARACTERS ? `${image.slice(0, MAX_QUOTED_CHARACTERS)}…` : image
}
