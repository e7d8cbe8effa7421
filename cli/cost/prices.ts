import type { ItemName } from './items.ts'

export interface Price {
  /** US dollars for {@link ITEMS} `per` units, of the first tier, without a free tier. */
  usd: number
  /** Where it was read; none was read from an account or from AWS's price list. */
  source: string
}

const AWS_PAGE = 'page of AWS as stored in a public crawl, without a date'
const REPOSITORIES = 'notes on cost in several public repositories, the latest of mid-2026'
const DYNAMODB =
  'note in a public repository of AWS’s rate data for Oregon of 2026-09-06, the same as others say of us-east-1'
const DURABLE = 'note in a public repository, of 2026, on https://aws.amazon.com/lambda/pricing/'
const LAMBDA =
  'public note of 2026-05-11 (lambda-13-cost.md); AWS’s page as stored of 2026-06-18 names the units and not the numbers'

/**
 * On-demand prices, US dollars, us-east-1 or where the source says so. They are what could be read, not what AWS confirms: look at your own price
 * list before you rely on a sum, and give what differs with `--price`.
 */
export const PRICES: Readonly<Record<ItemName, Price>> = {
  'iot.messages': { usd: 1, source: REPOSITORIES },
  'iot.connectionMinutes': { usd: 0.08, source: REPOSITORIES },
  'iot.rulesTriggered': { usd: 0.15, source: REPOSITORIES },
  'iot.ruleActions': { usd: 0.15, source: REPOSITORIES },
  'lambda.requests': { usd: 0.2, source: LAMBDA },
  'lambda.gbSeconds': { usd: 13.3334, source: LAMBDA },
  'dynamodb.writeUnits': { usd: 0.625, source: DYNAMODB },
  'dynamodb.readUnits': { usd: 0.125, source: DYNAMODB },
  'sqs.requests': { usd: 0.4, source: 'cloudburn.io/blog/amazon-sqs-pricing, 2026-03-14' },
  'events.published': { usd: 1, source: 'cloudburn.io/blog/amazon-eventbridge-pricing, 2026-03-13' },
  'httpApi.requests': { usd: 1, source: 'apigatewaycost.com/aws, without a date' },
  'states.transitions': { usd: 25, source: `https://aws.amazon.com/step-functions/pricing/, ${AWS_PAGE}` },
  'durable.operations': { usd: 8, source: DURABLE },
  'durable.bytesWritten': { usd: 0.25, source: DURABLE },
}

export const LIST_PRICES = Object.fromEntries(Object.entries(PRICES).map(([item, { usd }]) => [item, usd])) as Readonly<
  Record<ItemName, number>
>
