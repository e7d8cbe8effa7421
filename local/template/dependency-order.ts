import { TemplateError } from './errors.ts'

/**
 * Orders names so that each comes after all it depends on; otherwise in the order given, so the same template always
 * gives the same order. Throws TEMPLATE_CYCLE with the whole path of the cycle.
 */
export function dependencyOrder(names: Iterable<string>, dependenciesOf: (name: string) => Iterable<string>): string[] {
  const order: string[] = []
  const done = new Set<string>()
  const path: string[] = []

  function visit(name: string): void {
    if (done.has(name)) return
    const start = path.indexOf(name)
    if (start !== -1) {
      throw new TemplateError('TEMPLATE_CYCLE', '', `circular dependency: ${[...path.slice(start), name].join(' -> ')}`)
    }
    path.push(name)
    for (const dependency of dependenciesOf(name)) visit(dependency)
    path.pop()
    done.add(name)
    order.push(name)
  }

  for (const name of names) visit(name)
  return order
}
