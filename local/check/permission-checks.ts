import type { StackResource } from '../template/index.ts'
import { type CheckedStack, ofType, textAt } from './checked-stack.ts'
import { requireInvocation } from './rule-checks.ts'

const API_GATEWAY = 'apigateway.amazonaws.com'

/** Every permission names one source, and something of the stack comes from there; every route may invoke its function. */
export function checkPermissions(stack: CheckedStack): void {
  checkRoutes(stack)
  const sources = [...sourceArns(stack)]
  for (const permission of ofType(stack, 'AWS::Lambda::Permission')) {
    const wide = widthOf(permission)
    if (wide !== undefined) {
      stack.add(permission, { code: 'permission_too_wide', what: wide })
      continue
    }
    const sourceArn = textAt(permission.properties, 'SourceArn') ?? ''
    if (!sources.some((source) => matches(sourceArn, source))) {
      stack.add(permission, { code: 'permission_unused', what: `nothing of this stack is ${sourceArn}` })
    }
  }
}

function widthOf({ properties }: StackResource): string | undefined {
  const principal = textAt(properties, 'Principal') ?? ''
  const action = textAt(properties, 'Action') ?? ''
  const sourceArn = textAt(properties, 'SourceArn')
  if (principal === '*') return 'everybody may invoke the function'
  if (action.includes('*')) return `${principal} may do ${action}`
  if (!principal.endsWith('.amazonaws.com')) return undefined
  if (sourceArn === undefined) return `${principal} may invoke the function for anybody: it names no source`
  const [, service, , account = '', ...rest] = sourceArn.split(':').slice(1)
  const resource = rest.join(':')
  // the stage of a route is no secret; its API is the one named
  const open = service === 'execute-api' ? resource.split('/')[0] : resource
  const isOpen = /[*?]/.test(account) || /[*?]/.test(open ?? '') || /^[^/]+\/\*$/.test(resource)
  if (isOpen) return `${principal} may invoke the function for ${sourceArn}`
  if (account === '' && textAt(properties, 'SourceAccount') === undefined) {
    return `${sourceArn} names no account, and there is no SourceAccount`
  }
  return undefined
}

/** ARNs that services call functions in the name of. */
function* sourceArns(stack: CheckedStack): Iterable<string> {
  for (const type of ['AWS::IoT::TopicRule', 'AWS::IoT::Authorizer', 'AWS::Events::Rule']) {
    for (const { attribute } of ofType(stack, type)) yield String(attribute('Arn'))
  }
  for (const { ref } of ofType(stack, 'AWS::SecretsManager::Secret')) yield String(ref)
  for (const { sourceArn } of routes(stack)) yield sourceArn
}

function* routes(stack: CheckedStack) {
  const { region, accountId, httpApis } = stack.context
  for (const { apiId, stages, routes, integrations } of httpApis.values()) {
    for (const { routeKey, integrationId } of routes) {
      const [method = '', path] = routeKey.split(' ')
      const target = path === undefined ? '$default' : `${method === 'ANY' ? '*' : method}${path}`
      for (const stage of stages.keys()) {
        const sourceArn = `arn:aws:execute-api:${region}:${accountId}:${apiId}/${stage}/${target}`
        yield { sourceArn, functionArn: integrations.get(integrationId)?.functionArn ?? '', routeKey }
      }
    }
  }
}

function checkRoutes(stack: CheckedStack): void {
  for (const { sourceArn, functionArn, routeKey } of routes(stack)) {
    const route = ofType(stack, 'AWS::ApiGatewayV2::Route').find(({ properties }) => properties.RouteKey === routeKey)
    if (route) requireInvocation(stack, route, functionArn, sourceArn, API_GATEWAY)
  }
}

function matches(pattern: string, arn: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${source}$`).test(arn)
}
