import { type CheckedStack, findResource, objectAt, ofType, textAt } from './checked-stack.ts'
import { AUTHORIZER, AUTHORIZER_TIMEOUT_SECONDS } from './limits.ts'
import { requireInvocation } from './rule-checks.ts'

/** Names, keys and the function of every custom authorizer. */
export function checkAuthorizers(stack: CheckedStack): void {
  for (const authorizer of ofType(stack, 'AWS::IoT::Authorizer')) {
    const { properties } = authorizer
    const functionArn = textAt(properties, 'AuthorizerFunctionArn') ?? ''
    const wrong = (what: string) => stack.add(authorizer, { code: 'authorizer_invalid', what })

    requireInvocation(stack, authorizer, functionArn, String(authorizer.attribute('Arn')))
    if (!AUTHORIZER.name.test(String(authorizer.ref))) wrong(`the name ${String(authorizer.ref)} is not legal`)
    const tokenKeyName = textAt(properties, 'TokenKeyName')
    if (tokenKeyName !== undefined && !AUTHORIZER.tokenKeyName.test(tokenKeyName)) {
      wrong(`TokenKeyName ${tokenKeyName} is not legal`)
    }
    const keys = Object.entries(objectAt(properties, 'TokenSigningPublicKeys'))
    if (keys.length > AUTHORIZER.maxKeys) wrong(`${keys.length} signing keys; at most ${AUTHORIZER.maxKeys}`)
    for (const [name, pem] of keys) {
      if (!AUTHORIZER.keyName.test(name)) wrong(`the key name ${name} is not legal`)
      const { length } = String(pem)
      if (length > AUTHORIZER.maxKeyCharacters) {
        wrong(`the key ${name} takes ${length} of ${AUTHORIZER.maxKeyCharacters} characters`)
      }
    }

    const timeout = Number(findResource(stack, 'AWS::Lambda::Function', functionArn)?.properties.Timeout ?? 0)
    if (timeout > AUTHORIZER_TIMEOUT_SECONDS) {
      stack.add(authorizer, { code: 'authorizer_slow', what: `the function may take ${timeout} s` })
    }
  }
}
