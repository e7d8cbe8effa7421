import type { Emulator } from '../template/index.ts'
import { arn, type ResourceContext } from './context.ts'

/**
 * A type that is accepted and has no effect on one machine. `ref` names the property with the resource's name, `service` and
 * `resource` what its ARN is made of.
 */
export function recorded(options: {
  name?: string
  service: string
  resource: string
  suffix?: string
}): Emulator<ResourceContext> {
  return {
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
