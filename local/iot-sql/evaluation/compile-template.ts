import { Refusal } from '../sql-error.ts'
import type { SqlParser } from '../syntax/parse.ts'
import { toTemplateText } from '../values/convert.ts'
import { createCompiler } from './compile-expression.ts'
import type { Compiler } from './compiler.ts'
import type { Environment, Evaluate, Settings } from './environment.ts'

export interface TemplateParts {
  readonly asksOutside: boolean
  readonly evaluate: (environment: Environment) => string
}

/**
 * A substitution template: text with `${expression}` in it. The expressions see the payload as it came and the variables of
 * SET, not the aliases of SELECT. Two dollar signs at the beginning stand for one, as in the topic of a republish action.
 * https://docs.aws.amazon.com/iot/latest/developerguide/iot-substitution-templates.html
 */
export function compileTemplate(
  template: string,
  parser: SqlParser,
  settings: Settings,
  variables: Map<string, Evaluate>,
): TemplateParts {
  const parts: ((environment: Environment) => string)[] = []
  let asksOutside = false
  let position = 0
  const addText = (end: number): void => {
    const text = template.slice(position, end)
    const plain = position === 0 && text.startsWith('$$') ? text.slice(1) : text
    if (plain !== '') parts.push(() => plain)
  }
  for (;;) {
    const start = template.indexOf('${', position)
    if (start < 0) break
    addText(start)
    const end = endOfExpression(template, start + 2)
    const text = template.slice(start + 2, end)
    const compiler = createCompiler({ text, settings, variables, place: 'template' })
    const evaluate = compilePart(text, start + 2, parser, compiler)
    asksOutside ||= compiler.asksOutside
    parts.push((environment) => toTemplateText(evaluate(environment), settings.choices.nullInTemplate))
    position = end + 1
  }
  addText(template.length)
  return { asksOutside, evaluate: (environment) => parts.map((part) => part(environment)).join('') }
}

/** Positions in messages are those in the whole template. */
function compilePart(text: string, offset: number, parser: SqlParser, compiler: Compiler): Evaluate {
  try {
    return compiler.compile(parser.expression(text))
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    throw new Refusal(error.code, error.offset + offset, error.message)
  }
}

/** The closing brace that is in no text and in no object literal. */
function endOfExpression(template: string, start: number): number {
  let depth = 0
  let quote: string | undefined
  for (let index = start; index < template.length; index++) {
    const character = template.charAt(index)
    if (quote !== undefined) {
      if (character === quote) quote = undefined
    } else if (character === "'" || character === '"') quote = character
    else if (character === '{') depth++
    else if (character === '}' && depth-- === 0) return index
  }
  throw new Refusal('SYNTAX_ERROR', template.length, 'expected a closing }, found the end')
}
