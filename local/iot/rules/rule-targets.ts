import type { JsonValue } from '../../iot-sql/index.ts'

/** Whose rights an action has: the role of the action, taken in the name of the rule. */
export interface ActionRights {
  readonly roleArn: string
  readonly ruleArn: string
}

/** A message that a rule sends on. */
export interface RepublishedMessage {
  readonly topic: string
  readonly payload: Buffer
  readonly qos: 0 | 1
  readonly properties: {
    readonly payloadFormatIndicator?: boolean
    readonly contentType?: string
    readonly responseTopic?: string
    readonly correlationData?: Buffer
    readonly messageExpiryInterval?: number
    readonly userProperties?: [name: string, value: string][]
  }
}

/**
 * Where actions go. Each resolves when the target has kept what it was given, and rejects with the reason otherwise; an error whose
 * `code` says that the target is only busy is tried again.
 */
export interface RuleTargets {
  /** Allowed by the function's own policy, to the rule. */
  invokeFunction(functionArn: string, ruleArn: string, event: JsonValue): Promise<void>
  sendToQueue(queueUrl: string, rights: ActionRights, body: string): Promise<void>
  /** Needs iot:Publish on the topic. */
  publish(message: RepublishedMessage, rights: ActionRights): Promise<void>
  /** `item` by attribute name, each an attribute value of the DynamoDB protocol. */
  putItem(tableName: string, rights: ActionRights, item: Readonly<Record<string, unknown>>): Promise<void>
  /** Hand-off to workflows; `input` is JSON text. Without it, rules with this action are refused. */
  startExecution?(
    execution: { readonly stateMachineName: string; readonly name: string; readonly input: string },
    rights: ActionRights,
  ): Promise<void>
}
