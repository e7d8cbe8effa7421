import { CommandError } from './command-error.ts'

/** Reader of an option that takes a whole number within bounds; throws invalid_option. */
export function wholeNumber(option: string, min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (Number.isInteger(value) && value >= min && value <= max && text.trim() !== '') return value
    throw new CommandError('usage', 'invalid_option', `${option}: expected ${min} to ${max}, got ${text}`)
  }
}
