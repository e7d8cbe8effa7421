import * as z from 'zod'
import { CUSTOM_RESOURCES } from './env.ts'

/** Properties of {@link CUSTOM_RESOURCES}.device: one seed device. */
export const devicePropertiesSchema = z.object({
  ClientId: z.string(),
  Role: z.string(),
  OrganizationId: z.string().optional(),
  DeviceId: z.string().optional(),
  ThingTypeName: z.string(),
  Attributes: z.record(z.string(), z.string()),
})

/** Properties of {@link CUSTOM_RESOURCES}.serverNames: whose host names to look up. */
export const serverNamesPropertiesSchema = z.object({ DomainConfigurationNames: z.array(z.string()).min(1) })

const call = {
  RequestType: z.enum(['Create', 'Update']),
  ResponseURL: z.url(),
  StackId: z.string(),
  RequestId: z.string(),
  LogicalResourceId: z.string(),
  PhysicalResourceId: z.string().optional(),
}

/** A call of CloudFormation that gives something to register. https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-requests.html */
export const customResourceCallSchema = z.discriminatedUnion('ResourceType', [
  z.object({ ...call, ResourceType: z.literal(CUSTOM_RESOURCES.device), ResourceProperties: devicePropertiesSchema }),
  z.object({
    ...call,
    ResourceType: z.literal(CUSTOM_RESOURCES.serverNames),
    ResourceProperties: serverNamesPropertiesSchema,
  }),
])

/** A call to delete; its properties do not matter. */
export const deletionSchema = z.object({
  RequestType: z.literal('Delete'),
  ResourceType: z.string(),
  PhysicalResourceId: z.string(),
})

/** The part of a call that is needed to answer it, however wrong the rest is. */
export const answerableCallSchema = z.looseObject({
  ResponseURL: z.url(),
  StackId: z.string(),
  RequestId: z.string(),
  LogicalResourceId: z.string(),
  PhysicalResourceId: z.string().optional(),
})

export type Deletion = z.infer<typeof deletionSchema>
export type CustomResourceCall = z.infer<typeof customResourceCallSchema>
export type DeviceProperties = z.infer<typeof devicePropertiesSchema>
