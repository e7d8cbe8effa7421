import { createHash } from 'node:crypto'
import type { Change, Item, ViewType } from './stream-store.ts'

/** A change as Lambda hands it over. https://docs.aws.amazon.com/lambda/latest/dg/with-ddb-example.html */
export interface StreamRecord {
  eventID: string
  eventName: 'INSERT' | 'MODIFY' | 'REMOVE'
  eventVersion: '1.1'
  eventSource: 'aws:dynamodb'
  awsRegion: string
  dynamodb: {
    /** Epoch seconds. */
    ApproximateCreationDateTime: number
    Keys: Item
    NewImage?: Item
    OldImage?: Item
    SequenceNumber: string
    SizeBytes: number
    StreamViewType: ViewType
  }
  eventSourceARN: string
  /** Of items that the service has deleted, since their time was over. */
  userIdentity?: { type: 'Service'; principalId: 'dynamodb.amazonaws.com' }
}

/** The change with what the view shows of it. */
export function streamRecord(change: Change, streamArn: string, viewType: ViewType): StreamRecord {
  const { key, before, after, isExpiry, sequence, atMs } = change
  const showsNew = viewType === 'NEW_IMAGE' || viewType === 'NEW_AND_OLD_IMAGES'
  const showsOld = viewType === 'OLD_IMAGE' || viewType === 'NEW_AND_OLD_IMAGES'
  const images = {
    ...(showsNew && after && { NewImage: after }),
    ...(showsOld && before && { OldImage: before }),
  }
  return {
    eventID: createHash('md5').update(`${streamArn} ${sequence}`).digest('hex'),
    eventName: before === undefined ? 'INSERT' : after === undefined ? 'REMOVE' : 'MODIFY',
    eventVersion: '1.1',
    eventSource: 'aws:dynamodb',
    awsRegion: streamArn.split(':')[3] ?? '',
    dynamodb: {
      ApproximateCreationDateTime: Math.floor(atMs / 1000),
      Keys: key,
      ...images,
      SequenceNumber: sequenceNumber(sequence),
      SizeBytes: Buffer.byteLength(JSON.stringify({ key, ...images })),
      StreamViewType: viewType,
    },
    eventSourceARN: streamArn,
    ...(isExpiry && { userIdentity: { type: 'Service', principalId: 'dynamodb.amazonaws.com' } }),
  }
}

/** A sequence number as text: it sorts as it counts. */
export function sequenceNumber(sequence: number): string {
  return String(sequence).padStart(21, '0')
}
