import { Stack } from 'aws-cdk-lib'
import * as iam from 'aws-cdk-lib/aws-iam'
import * as iot from 'aws-cdk-lib/aws-iot'
import { Construct } from 'constructs'
import { IOT_LOG_GROUP } from '#contract/index.ts'
import { acceptWildcard } from './bridge-function.ts'

/** IoT Core's own log: the one place where an SQL error of a topic rule is told. One setting for the whole account. */
export class IotLogging extends Construct {
  constructor(scope: Construct, id: string) {
    super(scope, id)
    const { account } = Stack.of(this)
    const role = new iam.Role(this, 'Role', {
      assumedBy: new iam.ServicePrincipal('iot.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': account } },
      }),
    })
    const logGroupArn = Stack.of(this).formatArn({ service: 'logs', resource: `log-group:${IOT_LOG_GROUP}:*` })
    role.addToPolicy(
      new iam.PolicyStatement({
        actions: ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents', 'logs:PutRetentionPolicy'],
        resources: [logGroupArn],
      }),
    )
    acceptWildcard(
      role,
      `logs:<AWS::Region>:<AWS::AccountId>:log-group:${IOT_LOG_GROUP}:*`,
      'IoT Core names the streams of its log group itself; the group is fixed.',
    )
    new iot.CfnLogging(this, 'Logging', { accountId: account, defaultLogLevel: 'WARN', roleArn: role.roleArn })
  }
}
