import { compilePattern, type Pattern } from './wildcard.ts'

/** `arn:partition:service:region:account:resource`; colons in the resource belong to it. */
const ARN_COMPONENTS = 6
const COLON = 0x3a

/** Splits an ARN into its six components; undefined for a text with fewer. */
export function splitArn(text: string): string[] | undefined {
  const components = text.split(':')
  if (components.length < ARN_COMPONENTS) return undefined
  return [...components.slice(0, ARN_COMPONENTS - 1), components.slice(ARN_COMPONENTS - 1).join(':')]
}

/**
 * Compiles the pattern of an Arn condition: each of the six components is matched on its own, so that a wildcard never
 * crosses into the next one. A pattern with fewer components matches nothing.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_ARN
 */
export function compileArnPattern(pattern: Pattern): (arn: string) => boolean {
  const components: Pattern[] = []
  let start = 0
  while (components.length < ARN_COMPONENTS - 1) {
    const end = pattern.indexOf(COLON, start)
    if (end < 0) return () => false
    components.push(pattern.slice(start, end))
    start = end + 1
  }
  components.push(pattern.slice(start))
  const tests = components.map(compilePattern)
  return (arn) => splitArn(arn)?.every((component, index) => tests[index]?.(component) === true) ?? false
}
