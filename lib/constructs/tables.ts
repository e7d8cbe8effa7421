import { RemovalPolicy } from 'aws-cdk-lib'
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb'
import { Construct } from 'constructs'
import { deploymentNames, TABLE_KEYS } from '#contract/index.ts'
import { STATUS_TABLE_KEYS } from '#functions/events/env.ts'
import { MEMORY_TABLE_KEYS, MEMORY_TIME_INDEX } from '#functions/memory/env.ts'

interface TableKeys {
  readonly partitionKey: string
  readonly sortKey?: string
  /** A sort key that is a number. */
  readonly sortNumber?: string
  readonly timeToLive?: string
}

/** All state: on-demand capacity, point-in-time recovery, items that end by themselves where they should. */
export class Tables extends Construct {
  readonly correlations: dynamodb.Table
  readonly devices: dynamodb.Table
  readonly memories: dynamodb.Table
  readonly status: dynamodb.Table
  readonly presence: dynamodb.Table
  readonly rules: dynamodb.Table
  readonly #isProduction: boolean

  constructor(scope: Construct, id: string, props: { stage: string; isProduction: boolean; events: boolean }) {
    super(scope, id)
    this.#isProduction = props.isProduction
    const names = deploymentNames(props.stage)
    this.correlations = this.#table('Correlations', names.correlationTable, TABLE_KEYS.correlations, props.events)
    this.devices = this.#table('Devices', names.deviceTable, TABLE_KEYS.devices)
    this.memories = this.#table('Memories', names.memoryTable, MEMORY_TABLE_KEYS)
    this.memories.addLocalSecondaryIndex({
      indexName: MEMORY_TIME_INDEX.indexName,
      sortKey: { name: MEMORY_TIME_INDEX.sortKey, type: dynamodb.AttributeType.STRING },
    })
    this.status = this.#table('Status', names.statusTable, STATUS_TABLE_KEYS)
    this.presence = this.#table('Presence', names.presenceTable, TABLE_KEYS.presence, props.events)
    this.rules = this.#table('Rules', names.ruleTable, TABLE_KEYS.rules)
  }

  #table(id: string, tableName: string, keys: TableKeys, hasStream = false): dynamodb.Table {
    const text = (name: string) => ({ name, type: dynamodb.AttributeType.STRING })
    return new dynamodb.Table(this, id, {
      tableName,
      partitionKey: text(keys.partitionKey),
      ...(keys.sortKey && { sortKey: text(keys.sortKey) }),
      ...(keys.sortNumber && { sortKey: { name: keys.sortNumber, type: dynamodb.AttributeType.NUMBER } }),
      ...(keys.timeToLive && { timeToLiveAttribute: keys.timeToLive }),
      ...(hasStream && { stream: dynamodb.StreamViewType.NEW_AND_OLD_IMAGES }),
      billingMode: dynamodb.BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: this.#isProduction,
      removalPolicy: this.#isProduction ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    })
  }
}
