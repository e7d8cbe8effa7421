// `node --import ./bin/warm-up.ts bin/app.ts`: a synthesis that waits for its turn. It loads the packages of the app and lets the CDK
// compile what it runs through, then waits for one line on standard input: the variables of the environment as JSON. The app's own
// sources are read after that, as they then stand. An input that ends first ends the process.
import { rmSync } from 'node:fs'
import { App, Stack } from 'aws-cdk-lib'
import 'aws-cdk-lib/aws-apigatewayv2'
import 'aws-cdk-lib/aws-cloudwatch'
import 'aws-cdk-lib/aws-cloudwatch-actions'
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb'
import 'aws-cdk-lib/aws-events'
import 'aws-cdk-lib/aws-events-targets'
import * as iam from 'aws-cdk-lib/aws-iam'
import * as iot from 'aws-cdk-lib/aws-iot'
import * as lambda from 'aws-cdk-lib/aws-lambda'
import * as logs from 'aws-cdk-lib/aws-logs'
import 'aws-cdk-lib/aws-secretsmanager'
import 'aws-cdk-lib/aws-sns'
import * as sqs from 'aws-cdk-lib/aws-sqs'
import { transform } from 'esbuild'

function warmUpCdk(): void {
  const app = new App()
  const stack = new Stack(app, 'WarmUp')
  const role = new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') })
  const queue = new sqs.Queue(stack, 'Queue', { enforceSSL: true })
  queue.grantSendMessages(role)
  new dynamodb.Table(stack, 'Table', { partitionKey: { name: 'id', type: dynamodb.AttributeType.STRING } })
  new iot.CfnTopicRule(stack, 'Rule', { topicRulePayload: { sql: "SELECT * FROM 'a'", actions: [] } })
  new lambda.Function(stack, 'Function', {
    runtime: lambda.Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: lambda.Code.fromAsset(import.meta.dirname),
    logGroup: new logs.LogGroup(stack, 'Logs'),
    deadLetterQueue: queue,
    role,
  })
  rmSync(app.synth().directory, { recursive: true, force: true })
}

async function firstLine(): Promise<string | undefined> {
  let text = ''
  for await (const chunk of process.stdin) {
    text += chunk
    if (text.includes('\n')) return text.slice(0, text.indexOf('\n'))
  }
  return undefined
}

warmUpCdk()
await transform('')
const line = await firstLine()
if (line === undefined) process.exit()
Object.assign(process.env, JSON.parse(line))
