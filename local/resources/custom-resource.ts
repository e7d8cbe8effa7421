import { randomUUID } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { JsonObject, JsonValue } from '../template/index.ts'
import type { ResourceContext } from './context.ts'
import type { CustomResourceEntry } from './custom-resource-ledger.ts'
import type { ResourceEmulator } from './emulator.ts'
import { readProperties } from './properties.ts'

/** CloudFormation waits an hour; on one machine an answer that takes longer than this never comes. */
const RESPONSE_TIMEOUT_MS = 60_000

/**
 * Custom::*: calls the function behind the service token as CloudFormation does, and waits for the answer at the response URL.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html
 */
export const customResource: ResourceEmulator = {
  properties: {
    honoured: ['*'],
  },
  note: 'calls the function behind ServiceToken as CloudFormation does; one that leaves the template is deleted',
  async create(request, context) {
    const { logicalId, type, properties } = request
    const serviceToken = readProperties(request).text('ServiceToken')
    const before = context.customResources.find(logicalId)
    const answer = await call(context, {
      RequestType: before ? 'Update' : 'Create',
      ResourceType: type,
      LogicalResourceId: logicalId,
      ResourceProperties: properties,
      serviceToken,
      ...(before && {
        PhysicalResourceId: before.physicalId,
        OldResourceProperties: asCloudFormationSends(before.properties),
      }),
    })
    context.customResources.save({ logicalId, type, serviceToken, properties, physicalId: answer.physicalId })
    // another physical id means that the update made a new thing, and the old one has to go
    if (before && before.physicalId !== answer.physicalId) await tryToDelete(context, before)
    return { ref: answer.physicalId, attributes: answer.data }
  },
}

/** Deletes what earlier runs created and the template no longer has. */
export async function deleteRemovedCustomResources(
  context: ResourceContext,
  present: ReadonlySet<string>,
): Promise<void> {
  for (const entry of context.customResources.all()) {
    if (present.has(entry.logicalId)) continue
    if (await tryToDelete(context, entry)) context.customResources.remove(entry.logicalId)
  }
}

/** As with CloudFormation, what cannot be cleaned up does not undo the rest. False: it may be tried again. */
async function tryToDelete(context: ResourceContext, entry: CustomResourceEntry): Promise<boolean> {
  const { logicalId, type } = entry
  try {
    await deleteCustomResource(context, entry)
    return true
  } catch (error) {
    const isAbandoned = error instanceof Error && 'code' in error && error.code === 'ResourceNotFoundException'
    const event = isAbandoned ? 'custom_resource_abandoned' : 'custom_resource_not_deleted'
    context.log({
      level: 'warn',
      event,
      logicalId,
      type,
      error: error instanceof Error ? error.message : String(error),
    })
    return isAbandoned
  }
}

async function deleteCustomResource(context: ResourceContext, entry: CustomResourceEntry): Promise<void> {
  await call(context, {
    RequestType: 'Delete',
    ResourceType: entry.type,
    LogicalResourceId: entry.logicalId,
    PhysicalResourceId: entry.physicalId,
    ResourceProperties: entry.properties,
    serviceToken: entry.serviceToken,
  })
}

interface Call extends Record<string, JsonValue> {
  RequestType: 'Create' | 'Update' | 'Delete'
  ResourceType: string
  LogicalResourceId: string
  ResourceProperties: JsonObject
  serviceToken: string
}

async function call(context: ResourceContext, { serviceToken, ...request }: Call) {
  const expected = context.cfnResponses.expect()
  const timer = setTimeout(() => {
    expected.cancel(new Error(`${request.LogicalResourceId}: no answer within ${RESPONSE_TIMEOUT_MS} ms`))
  }, RESPONSE_TIMEOUT_MS)
  try {
    const event = {
      ...request,
      RequestId: randomUUID(),
      StackId: context.stackId,
      ResponseURL: `${context.apiUrl}${expected.path}`,
      ResourceProperties: asCloudFormationSends(request.ResourceProperties),
    } as Parameters<ResourceContext['lambda']['invoke']>[1]
    const invocation = context.lambda.invoke(serviceToken, event).then(({ functionError, payload }) => {
      if (functionError) expected.cancel(new Error(`the function failed: ${JSON.stringify(payload)}`))
    })
    invocation.catch((error: unknown) => expected.cancel(error instanceof Error ? error : new Error(String(error))))
    const { Status, Reason, PhysicalResourceId, Data } = await expected.response
    if (Status !== 'SUCCESS') throw new Error(`the function answered ${String(Status)}: ${String(Reason)}`)
    if (typeof PhysicalResourceId !== 'string') {
      throw new Error('the function answered SUCCESS without PhysicalResourceId')
    }
    return { physicalId: PhysicalResourceId, data: (Data ?? {}) as Record<string, JsonValue> }
  } finally {
    clearTimeout(timer)
  }
}

/** CloudFormation turns every number and boolean of the properties into text. */
function asCloudFormationSends(value: JsonObject): JsonObject {
  const convert = (one: JsonValue): JsonValue => {
    if (Array.isArray(one)) return one.map(convert)
    if (one !== null && typeof one === 'object') {
      return Object.fromEntries(Object.entries(one).map(([name, inner]) => [name, convert(inner as JsonValue)]))
    }
    return one === null ? one : String(one)
  }
  const converted = convert(value) as JsonObject
  return isDeepStrictEqual(converted, value) ? value : converted
}
