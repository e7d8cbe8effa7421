import type { Construct } from 'constructs'
import { TOPIC_KEYS, topicDefinition } from '#contract/index.ts'
import type { BridgeSettings } from '../settings.ts'
import { Alarms, type AlarmsProps } from './alarms.ts'
import { Dashboard } from './dashboard.ts'

/** What of a deployment is watched; the routes follow from the contract. */
export type Watched = Pick<
  AlarmsProps,
  'functions' | 'withDestinations' | 'streamReaders' | 'deadLetterQueues' | 'ruleNames'
>

/** Topics whose requests a function answers. Those of workflows wait for people, so how long they take tells nothing. */
const REQUEST_ROUTES = TOPIC_KEYS.filter((key) => topicDefinition(key).reply && topicDefinition(key).handledBy)

/** The alarms and the dashboard of a deployment, over the same functions, queues, rules and routes. */
export function addMonitoring(
  scope: Construct,
  { runbookUrl, alarmTopicArn }: Pick<BridgeSettings, 'runbookUrl' | 'alarmTopicArn'>,
  { withDestinations, streamReaders, ...watched }: Watched,
): void {
  const all = { ...watched, requestRoutes: REQUEST_ROUTES }
  const { alarms } = new Alarms(scope, 'Alarms', {
    ...{ ...all, withDestinations, streamReaders, runbookUrl },
    topicArn: alarmTopicArn,
  })
  new Dashboard(scope, 'Dashboard', { ...all, alarms })
}
