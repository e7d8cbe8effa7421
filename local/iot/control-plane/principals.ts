import { type Call, certificateOf, invalid, type Operation, page, parameter } from './operation.ts'
import { thingOfPath } from './things.ts'

const ofThing = (call: Call) => [`thing/${parameter(call, 'thing')}`]

/** Certificates and the things they belong to. */
export const PRINCIPAL_OPERATIONS: readonly Operation[] = [
  {
    method: 'PUT',
    path: '/things/{thing}/principals',
    action: 'iot:AttachThingPrincipal',
    resources: ofThing,
    run: (call) => change(call, (names, name) => [...names.filter((one) => one !== name), name].sort()),
  },
  {
    method: 'DELETE',
    path: '/things/{thing}/principals',
    action: 'iot:DetachThingPrincipal',
    resources: ofThing,
    run: (call) => change(call, (names, name) => names.filter((one) => one !== name)),
  },
  {
    method: 'GET',
    path: '/things/{thing}/principals',
    action: 'iot:ListThingPrincipals',
    resources: ofThing,
    run(call) {
      const { thingName } = thingOfPath(call)
      const attached = [...call.registry.certificates.values()].filter(({ thingNames }) =>
        thingNames.includes(thingName),
      )
      const { items, next } = page(call, attached.map(({ arn }) => arn).sort())
      return { principals: items, nextToken: next }
    },
  },
  {
    method: 'GET',
    path: '/principals/things',
    action: 'iot:ListPrincipalThings',
    resources: () => ['*'],
    run(call) {
      const { items, next } = page(call, certificateOf(call, principalOf(call)).thingNames)
      return { things: items, nextToken: next }
    },
  },
]

function principalOf({ request }: Call): string {
  const principal = request.headers['x-amzn-principal']
  if (typeof principal !== 'string') throw invalid('expected the principal in the header x-amzn-principal')
  return principal
}

function change(call: Call, changed: (names: readonly string[], name: string) => string[]): void {
  const { thingName } = thingOfPath(call)
  const certificate = certificateOf(call, principalOf(call))
  const thingNames = changed(certificate.thingNames, thingName)
  call.registry.certificates.set(certificate.certificateId, { ...certificate, thingNames })
}
