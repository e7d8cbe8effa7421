import { type CompiledPolicy, compilePolicy, evaluatePolicies } from '../iot-policy/index.ts'

/** One statement of a function's resource policy, as `AWS::Lambda::Permission` gives it. */
export interface FunctionPermission {
  readonly functionArn: string
  /** A service (`iot.amazonaws.com`), an account or an ARN. */
  readonly principal: string
  /** Usually `lambda:InvokeFunction`. */
  readonly action: string
  /** May hold wildcards. */
  readonly sourceArn?: string
  readonly sourceAccount?: string
}

export interface InvokeRequest {
  readonly functionArn: string
  readonly servicePrincipal: string
  readonly sourceArn?: string
  readonly sourceAccount?: string
}

export interface FunctionPermissions {
  /** Returns how to take the permission away. */
  define(permission: FunctionPermission): () => void
  mayInvoke(request: InvokeRequest): boolean
}

/** Resource policies of functions: which service may invoke which function, and from which source. */
export function createFunctionPermissions(): FunctionPermissions {
  const policies = new Map<string, CompiledPolicy[]>()
  return {
    define(permission) {
      const { functionArn } = permission
      const compiled = compilePolicy(permissionDocument(permission), `${functionArn} permission`, {
        resourcePolicy: true,
      })
      policies.set(functionArn, [...(policies.get(functionArn) ?? []), compiled])
      return () => {
        policies.set(
          functionArn,
          (policies.get(functionArn) ?? []).filter((one) => one !== compiled),
        )
      }
    },
    mayInvoke({ functionArn, servicePrincipal, sourceArn, sourceAccount }) {
      const { decision } = evaluatePolicies(policies.get(functionArn) ?? [], {
        action: 'lambda:InvokeFunction',
        resource: functionArn,
        principal: servicePrincipal,
        context: {
          ...(sourceArn === undefined ? {} : { 'aws:SourceArn': sourceArn }),
          ...(sourceAccount === undefined ? {} : { 'aws:SourceAccount': sourceAccount }),
        },
      })
      return decision === 'allowed'
    },
  }
}

function permissionDocument(permission: FunctionPermission): unknown {
  const { functionArn, principal, action, sourceArn, sourceAccount } = permission
  const isService = principal.endsWith('.amazonaws.com')
  return {
    Version: '2012-10-17',
    Statement: {
      Effect: 'Allow',
      Principal: principal === '*' ? '*' : { [isService ? 'Service' : 'AWS']: principal },
      Action: action,
      Resource: functionArn,
      Condition: {
        ...(sourceArn === undefined ? {} : { ArnLike: { 'AWS:SourceArn': sourceArn } }),
        ...(sourceAccount === undefined ? {} : { StringEquals: { 'AWS:SourceAccount': sourceAccount } }),
      },
    },
  }
}
