import type { IQueue } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { deploymentNames, PRESENCE_LIMITS, presenceRules, REQUEST_LIMITS } from '#contract/index.ts'
import type { BridgeFunction } from './bridge-function.ts'
import type { Tables } from './tables.ts'
import type { TopicRoutes } from './topic-routes.ts'
import { WorkQueue } from './work-queue.ts'

/**
 * Who is connected: rules on the events of connections invoke the function, and a queue that holds disconnections back gives them to it
 * again.
 */
export class Presence extends Construct {
  /** Takes what the function failed on, and what the queue could not get rid of. */
  readonly deadLetterQueue: IQueue
  readonly #checks: WorkQueue
  readonly #stage: string

  constructor(scope: Construct, id: string, props: { stage: string; isProduction: boolean }, deadLetterQueue: IQueue) {
    super(scope, id)
    this.#stage = props.stage
    this.deadLetterQueue = deadLetterQueue
    this.#checks = new WorkQueue(this, 'Checks', {
      ...props,
      deadLetterQueue,
      queueName: deploymentNames(props.stage).presenceQueue,
      functionTimeoutSeconds: REQUEST_LIMITS.functionTimeoutSeconds,
      attempts: PRESENCE_LIMITS.checkAttempts,
    })
  }

  get queueUrl(): string {
    return this.#checks.queue.queueUrl
  }

  /** Has the function invoked, and grants what its code calls. */
  invoke(target: BridgeFunction, tables: Tables, routes: TopicRoutes): void {
    target.allow('dynamodb:UpdateItem', tables.presence.tableArn)
    target.allow('sqs:SendMessage', this.#checks.queue.queueArn)
    this.#checks.feed(target)
    for (const rule of presenceRules(deploymentNames(this.#stage).rulePrefix)) {
      routes.add(rule, 'who is connected', target)
    }
  }
}
