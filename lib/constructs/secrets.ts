import { RemovalPolicy, Validations } from 'aws-cdk-lib'
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager'
import { Construct } from 'constructs'
import { deploymentNames } from '#contract/index.ts'
import type { BridgeFunction } from './bridge-function.ts'

/** What tokens are signed with: the issuer secret, and the master that the keys of devices are derived from. */
export class Secrets extends Construct {
  readonly issuer: secretsmanager.Secret
  readonly deviceMaster: secretsmanager.Secret

  constructor(scope: Construct, id: string, props: { stage: string; isProduction: boolean }) {
    super(scope, id)
    const names = deploymentNames(props.stage)
    const removalPolicy = props.isProduction ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY
    const generated = { generateStringKey: 'secret', passwordLength: 64, excludePunctuation: true }
    // of the stack itself, where it has always been: another place would be another secret of the same name
    this.issuer = new secretsmanager.Secret(scope, 'IssuerSecret', {
      secretName: names.issuerSecret,
      description: 'Signs device tokens; the version before it is taken while its tokens last',
      generateSecretString: { ...generated, secretStringTemplate: JSON.stringify({ kid: 'issuer-1' }) },
      removalPolicy,
    })
    this.deviceMaster = new secretsmanager.Secret(this, 'DeviceMaster', {
      secretName: names.deviceMasterSecret,
      description: 'The keys of devices are derived from it',
      generateSecretString: { ...generated, secretStringTemplate: '{}' },
      removalPolicy,
    })
    Validations.of(this.deviceMaster).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason:
        'A new master would make the key of every device in the field worthless at once. Keys are renewed device by device, by the key version in the record.',
    })
  }

  /** Has Secrets Manager call the function every so many days. The first time is not at deployment: the secret is new then. */
  rotateIssuer(rotator: BridgeFunction, everyDays: number): void {
    const secretArn = this.issuer.secretArn
    for (const operation of ['DescribeSecret', 'GetSecretValue', 'PutSecretValue', 'UpdateSecretVersionStage']) {
      rotator.allow(`secretsmanager:${operation}`, secretArn)
    }
    const permission = rotator.allowInvokeBy('InvokedByRotation', 'secretsmanager.amazonaws.com', secretArn)
    const schedule = new secretsmanager.CfnRotationSchedule(this, 'IssuerRotation', {
      secretId: secretArn,
      rotationLambdaArn: rotator.function.functionArn,
      rotationRules: { automaticallyAfterDays: everyDays },
      rotateImmediatelyOnUpdate: false,
    })
    schedule.addResourceDependency(permission)
    // without its policy the function would be called before it may do anything
    schedule.node.addDependency(rotator.role)
  }
}
