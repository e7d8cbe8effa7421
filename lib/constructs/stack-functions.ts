import type { Stack } from 'aws-cdk-lib'
import * as lambda from 'aws-cdk-lib/aws-lambda'
import type * as sqs from 'aws-cdk-lib/aws-sqs'
import { functionName, REQUEST_LIMITS } from '#contract/index.ts'
import type { BundleFolders, FunctionName } from '../bundles.ts'
import type { BridgeSettings } from '../settings.ts'
import { BridgeFunction } from './bridge-function.ts'
import { DeadLetterQueue } from './dead-letter-queue.ts'

/** The functions of a stack, each with its bundle and its name, and the dead-letter queues of those that have one. */
export class StackFunctions {
  /** By label. */
  readonly queues: Record<string, sqs.Queue> = {}
  readonly #stack: Stack
  readonly #settings: BridgeSettings
  readonly #bundles: BundleFolders

  constructor(stack: Stack, props: { settings: BridgeSettings; bundles: BundleFolders }) {
    this.#stack = stack
    this.#settings = props.settings
    this.#bundles = props.bundles
  }

  add(
    name: FunctionName,
    description: string,
    environment: Readonly<Record<string, string>>,
    options: Partial<ConstructorParameters<typeof BridgeFunction>[2]> = {},
  ): BridgeFunction {
    return new BridgeFunction(this.#stack, name, {
      functionName: functionName(this.#settings.stage, name),
      bundleFolder: this.#bundles[name],
      description,
      environment,
      timeoutSeconds: REQUEST_LIMITS.functionTimeoutSeconds,
      isProduction: this.#settings.isProduction,
      isTraced: this.#settings.xray,
      ...options,
    })
  }

  /** `id` is that of the construct; its label names the queue. Messages show after the delay. */
  deadLetterQueue(label: string, options: { id?: string; delaySeconds?: number } = {}): sqs.Queue {
    const { id = `DeadLetters-${label}`, ...rest } = options
    const { queue } = new DeadLetterQueue(this.#stack, id, { ...this.#settings, ...rest, label })
    this.queues[label] = queue
    return queue
  }

  /** How Lambda's queue treats the function, and where its outcomes go. */
  asynchronous(
    source: BridgeFunction,
    limits: { retries: number; maximumEventAgeSeconds: number },
    destination?: BridgeFunction,
  ): void {
    const target = destination && { destination: destination.function.functionArn }
    new lambda.CfnEventInvokeConfig(source, 'Asynchronous', {
      functionName: source.function.functionName,
      qualifier: '$LATEST',
      maximumRetryAttempts: limits.retries,
      maximumEventAgeInSeconds: limits.maximumEventAgeSeconds,
      ...(target && { destinationConfig: { onSuccess: target, onFailure: target } }),
    })
    if (destination) source.allow('lambda:InvokeFunction', destination.function.functionArn)
  }
}
