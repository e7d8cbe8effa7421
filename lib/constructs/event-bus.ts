import * as events from 'aws-cdk-lib/aws-events'
import * as lambda from 'aws-cdk-lib/aws-lambda'
import { Construct } from 'constructs'
import { deploymentNames } from '#contract/index.ts'
import type { BridgeFunction } from './bridge-function.ts'
import type { Tables } from './tables.ts'

/** What Lambda does with a stream on behalf of a function, with the function's role. */
const STREAM_ACTIONS = ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'] as const
/** Changes of a second go together: fewer invocations, and nobody waits for an event. */
const BATCHING_WINDOW_SECONDS = 1

/** A bus for everyone else: other teams set their rules on it, and nothing of the bridge changes with them. */
export class EventBus extends Construct {
  readonly #bus: events.CfnEventBus

  constructor(scope: Construct, id: string, props: { stage: string }) {
    super(scope, id)
    this.#bus = new events.CfnEventBus(this, 'Bus', {
      name: deploymentNames(props.stage).eventBus,
      description: 'What becomes of requests and devices',
    })
  }

  get busName(): string {
    return this.#bus.ref
  }

  /** Has the function read the tables' streams, and grants what its code calls. */
  feed(announcer: BridgeFunction, tables: Tables): void {
    announcer.allow('events:PutEvents', this.#bus.attrArn)
    for (const [name, table] of Object.entries({ Correlations: tables.correlations, Presence: tables.presence })) {
      if (table.tableStreamArn === undefined) throw new TypeError(`${name} has no stream`)
      for (const action of STREAM_ACTIONS) announcer.allow(action, table.tableStreamArn)
      const mapping = new lambda.CfnEventSourceMapping(this, name, {
        eventSourceArn: table.tableStreamArn,
        functionName: announcer.function.functionArn,
        startingPosition: 'TRIM_HORIZON',
        batchSize: 100,
        maximumBatchingWindowInSeconds: BATCHING_WINDOW_SECONDS,
        functionResponseTypes: ['ReportBatchItemFailures'],
      })
      // the service refuses a source that the role may not read yet
      mapping.node.addDependency(announcer.role)
    }
  }
}
