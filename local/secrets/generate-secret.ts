import { randomInt } from 'node:crypto'
import { SecretsError } from './errors.ts'

type Properties = Readonly<Record<string, unknown>>

// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-secretsmanager-secret-generatesecretstring.html
const DEFAULT_LENGTH = 32
const MAX_LENGTH = 4096
const CHARACTER_TYPES = [
  { characters: 'abcdefghijklmnopqrstuvwxyz', excludedBy: 'ExcludeLowercase' },
  { characters: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', excludedBy: 'ExcludeUppercase' },
  { characters: '0123456789', excludedBy: 'ExcludeNumbers' },
  { characters: '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~', excludedBy: 'ExcludePunctuation' },
]

/**
 * Makes the secret text that a `GenerateSecretString` property describes, from cryptographically random characters: the
 * password itself, or SecretStringTemplate with the password under GenerateStringKey. Length 1 to 4,096, default 32.
 * Throws SecretsError SECRET_PROPERTIES_INVALID.
 */
export function generateSecretString(properties: Properties): string {
  const { SecretStringTemplate: template, GenerateStringKey: key } = properties
  if ((template === undefined) !== (key === undefined)) {
    throw invalid(
      'SecretStringTemplate and GenerateStringKey',
      'both or neither',
      template === undefined ? 'key' : 'template',
    )
  }
  const password = generatePassword(properties)
  if (template === undefined) return password
  if (typeof key !== 'string' || key === '') throw invalid('GenerateStringKey', 'a text', typeof key)
  return JSON.stringify({ ...parseTemplate(template), [key]: password })
}

function generatePassword(properties: Properties): string {
  const length = Number(properties.PasswordLength ?? DEFAULT_LENGTH)
  if (!Number.isInteger(length) || length < 1 || length > MAX_LENGTH) {
    throw invalid('PasswordLength', `1 to ${MAX_LENGTH}`, String(properties.PasswordLength))
  }
  const excluded = new Set(String(properties.ExcludeCharacters ?? ''))
  const types = CHARACTER_TYPES.filter(({ excludedBy }) => !isTrue(properties[excludedBy]))
    .map(({ characters }) => characters)
    .concat(isTrue(properties.IncludeSpace) ? [' '] : [])
    .map((characters) => [...characters].filter((character) => !excluded.has(character)))
    .filter((characters) => characters.length > 0)
  const all = types.flat()
  if (all.length === 0) throw invalid('GenerateSecretString', 'at least one character to choose from', 'none')
  const required = isTrue(properties.RequireEachIncludedType ?? true) ? types : []
  if (required.length > length) {
    throw invalid('PasswordLength', `at least ${required.length}, one of each character type`, String(length))
  }
  const characters = Array.from({ length }, (_, index) => pick(required[index] ?? all))
  return shuffled(characters).join('')
}

function pick(characters: readonly string[]): string {
  return characters[randomInt(characters.length)] ?? ''
}

/** Fisher and Yates: every order is equally likely, so the required characters stand anywhere. */
function shuffled(characters: readonly string[]): string[] {
  const result = [...characters]
  for (let last = result.length - 1; last > 0; last -= 1) {
    const other = randomInt(last + 1)
    const moved = result[last] ?? ''
    result[last] = result[other] ?? ''
    result[other] = moved
  }
  return result
}

function parseTemplate(template: unknown): object {
  try {
    const value: unknown = JSON.parse(String(template))
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  } catch {
    // Refused below, like any other value that is no object; the text itself may be confidential.
  }
  throw invalid('SecretStringTemplate', 'the text of a JSON object', 'something else')
}

function isTrue(value: unknown): boolean {
  return value === true || value === 'true'
}

function invalid(property: string, expected: string, got: string): SecretsError {
  return new SecretsError('SECRET_PROPERTIES_INVALID', `${property}: expected ${expected}, got ${got}`)
}
