import { arn } from './context.ts'
import type { ResourceEmulator } from './emulator.ts'

/**
 * A type that is accepted and has no effect on one machine. `ref` names the property with the resource's name, `service` and
 * `resource` what its ARN is made of.
 */
export function recorded(options: {
  name?: string
  service: string
  resource: string
  suffix?: string
}): ResourceEmulator {
  return {
    properties: { honoured: options.name === undefined ? [] : [options.name], ignored: ['*'] },
    note: 'accepted; has a name and an ARN, and no effect',
    create(request, context) {
      const given = options.name === undefined ? undefined : request.properties[options.name]
      const ref = typeof given === 'string' ? given : request.physicalName()
      return {
        ref,
        attributes: { Arn: arn(context, options.service, `${options.resource}${ref}${options.suffix ?? ''}`) },
      }
    },
  }
}
