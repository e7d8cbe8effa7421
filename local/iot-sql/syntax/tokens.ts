import { createToken, Lexer, type TokenType } from 'chevrotain'

/** Any word where only a name can stand, which is after a dot. */
export const FieldName = createToken({ name: 'FieldName', pattern: Lexer.NA, label: 'a field name' })
/** A word that can stand for itself: an identifier, or a keyword that is one only where nothing else fits. */
export const PlainName = createToken({ name: 'PlainName', pattern: Lexer.NA, label: 'a name', categories: FieldName })
export const ComparisonSign = createToken({ name: 'ComparisonSign', pattern: Lexer.NA, label: 'a comparison' })
export const AdditiveSign = createToken({ name: 'AdditiveSign', pattern: Lexer.NA, label: '+ or -' })
export const MultiplicativeSign = createToken({ name: 'MultiplicativeSign', pattern: Lexer.NA, label: '*, / or %' })

const Identifier = createToken({ name: 'Identifier', pattern: /[A-Za-z_][A-Za-z0-9_]*/, categories: PlainName })

export const Select = keyword('SELECT')
export const From = keyword('FROM')
export const Where = keyword('WHERE')
export const As = keyword('AS')
export const And = keyword('AND')
export const Or = keyword('OR')
export const Not = keyword('NOT')
export const True = keyword('TRUE')
export const False = keyword('FALSE')
export const Null = keyword('NULL')
export const In = keyword('IN', [ComparisonSign])
export const Exists = keyword('EXISTS')
export const Case = keyword('CASE')
export const When = keyword('WHEN', [PlainName])
export const Then = keyword('THEN', [PlainName])
export const Else = keyword('ELSE', [PlainName])
export const End = keyword('END', [PlainName])
export const SetKeyword = keyword('SET', [PlainName])
export const Value = keyword('VALUE', [PlainName])

/** A quote inside a text is written twice. */
export const TextLiteral = createToken({
  name: 'TextLiteral',
  pattern: /'[^']*(?:''[^']*)*'|"[^"]*(?:""[^"]*)*"/,
  label: 'a text in quotes',
  line_breaks: true,
})
export const NumberLiteral = createToken({
  name: 'NumberLiteral',
  pattern: /\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/,
  label: 'a number',
})
export const Variable = createToken({ name: 'Variable', pattern: /@[A-Za-z0-9_]+/, label: 'a variable' })
export const LeftParenthesis = sign('(')
export const RightParenthesis = sign(')')
export const LeftBracket = sign('[')
export const RightBracket = sign(']')
export const LeftBrace = sign('{')
export const RightBrace = sign('}')
export const Comma = sign(',')
export const Colon = sign(':')
export const Dot = sign('.')
export const Equal = sign('=', [ComparisonSign])
export const Asterisk = sign('*', [MultiplicativeSign])
export const Minus = sign('-', [AdditiveSign])

const WhiteSpace = createToken({ name: 'WhiteSpace', pattern: /\s+/, group: Lexer.SKIPPED, line_breaks: true })

/** In the order they are tried: keywords before identifiers, longer signs before shorter ones. */
export const ALL_TOKENS: TokenType[] = [
  WhiteSpace,
  ...[Select, From, Where, As, And, Or, Not, True, False, Null, In, Exists, Case, When, Then, Else, End],
  ...[SetKeyword, Value, Identifier, TextLiteral, NumberLiteral, Variable],
  ...['<>', '<=', '>='].map((text) => sign(text, [ComparisonSign])),
  ...[Equal, sign('<', [ComparisonSign]), sign('>', [ComparisonSign])],
  ...[sign('+', [AdditiveSign]), Minus, Asterisk, sign('/', [MultiplicativeSign]), sign('%', [MultiplicativeSign])],
  ...[LeftParenthesis, RightParenthesis, LeftBracket, RightBracket, LeftBrace, RightBrace, Comma, Colon, Dot],
  ...[FieldName, PlainName, ComparisonSign, AdditiveSign, MultiplicativeSign],
]

function keyword(word: string, categories: TokenType[] = []): TokenType {
  return createToken({
    name: word,
    pattern: new RegExp(word, 'i'),
    longer_alt: Identifier,
    categories: categories.includes(PlainName) ? categories : [FieldName, ...categories],
    label: word,
  })
}

function sign(text: string, categories: TokenType[] = []): TokenType {
  return createToken({ name: `Sign${text}`, pattern: text, label: JSON.stringify(text), categories })
}
