import { ARN, allow, CONNECT_AS_ONE, CONNECT_AS_THING, client, type DocumentedExample, deny, thing } from './example.ts'

const page = 'connect-policy.html'
const ALL = (...attributes: string[]) => ({ 'ForAllValues:StringEquals': { 'iot:ConnectAttributes': attributes } })
const ANY = (...attributes: string[]) => ({ 'ForAnyValue:StringEquals': { 'iot:ConnectAttributes': attributes } })
const NONE = { connectAttributes: [] }
const PERSISTENT = { connectAttributes: ['PersistentConnect'] }
const WILL = { connectAttributes: ['LastWill'] }
const BOTH = { connectAttributes: ['PersistentConnect', 'LastWill'] }
const NEW_FEATURE = { connectAttributes: ['LastWill', 'SomethingNew'] }

type Decisions = Record<'none' | 'persistent' | 'will' | 'both' | 'fresh', 'allowed' | 'explicitDeny' | 'implicitDeny'>

function attributeCases(decisions: Decisions): DocumentedExample['cases'] {
  const { none, persistent, will, both, fresh } = decisions
  return [
    ['iot:Connect', 'client/client1', {}, none],
    ['iot:Connect', 'client/client1', NONE, none],
    ['iot:Connect', 'client/client1', PERSISTENT, persistent],
    ['iot:Connect', 'client/client1', WILL, will],
    ['iot:Connect', 'client/client1', BOTH, both],
    ['iot:Connect', 'client/client1', NEW_FEATURE, fresh],
  ]
}

const allowed = 'allowed'
const implicitDeny = 'implicitDeny'
const explicitDeny = 'explicitDeny'
const WILL_TOPIC = { ArnEquals: { 'iot:LastWillTopic': `${ARN}topic/my/lastwill/topicName` } }

/** https://docs.aws.amazon.com/iot/latest/developerguide/connect-policy.html */
export const CONNECT_EXAMPLES: DocumentedExample[] = [
  {
    page,
    example: 'two client ids denied, things allowed by their name',
    statements: [
      deny('Connect', ['client/client1', 'client/client2']),
      allow('Connect', 'client/${iot:Connection.Thing.ThingName}', {
        Bool: { 'iot:Connection.Thing.IsAttached': 'true' },
      }),
    ],
    cases: [
      ['iot:Connect', 'client/client1', thing('client1'), explicitDeny],
      ['iot:Connect', 'client/client2', client('client2'), explicitDeny],
      ['iot:Connect', 'client/lamp', thing('lamp'), allowed],
      ['iot:Connect', 'client/lamp', thing('lamp', { isAttached: false }), implicitDeny],
      ['iot:Connect', 'client/lamp', { ...thing('other'), clientId: 'lamp' }, implicitDeny],
      ['iot:Connect', 'client/lamp', client('lamp'), implicitDeny],
    ],
  },
  {
    page,
    example: 'one client id, unregistered',
    statements: [CONNECT_AS_ONE],
    cases: [
      ['iot:Connect', 'client/client1', client('client1'), allowed],
      ['iot:Connect', 'client/client2', client('client2'), implicitDeny],
      ['iot:Connect', 'client/client11', client('client11'), implicitDeny],
    ],
  },
  {
    page,
    example: 'PersistentConnect allowed',
    statements: [allow('Connect', 'client/client1', ALL('PersistentConnect'))],
    cases: attributeCases({
      none: allowed,
      persistent: allowed,
      will: implicitDeny,
      both: implicitDeny,
      fresh: implicitDeny,
    }),
  },
  {
    page,
    example: 'PersistentConnect disallowed, other features allowed',
    statements: [
      allow('Connect', '*', { 'ForAllValues:StringNotEquals': { 'iot:ConnectAttributes': ['PersistentConnect'] } }),
    ],
    cases: attributeCases({
      none: allowed,
      persistent: implicitDeny,
      will: allowed,
      both: implicitDeny,
      fresh: allowed,
    }),
  },
  {
    page,
    example: 'the same with StringEquals',
    statements: [allow('Connect', '*'), deny('Connect', '*', ANY('PersistentConnect'))],
    cases: attributeCases({
      none: allowed,
      persistent: explicitDeny,
      will: allowed,
      both: explicitDeny,
      fresh: allowed,
    }),
  },
  {
    page,
    example: 'PersistentConnect and LastWill allowed, no new feature',
    statements: [allow('Connect', '*', ALL('PersistentConnect', 'LastWill'))],
    cases: attributeCases({ none: allowed, persistent: allowed, will: allowed, both: allowed, fresh: implicitDeny }),
  },
  {
    page,
    example: 'clean connect with or without LastWill',
    statements: [allow('Connect', '*', ALL('LastWill'))],
    cases: attributeCases({
      none: allowed,
      persistent: implicitDeny,
      will: allowed,
      both: implicitDeny,
      fresh: implicitDeny,
    }),
  },
  {
    page,
    example: 'only default features: an empty list',
    statements: [allow('Connect', '*', ALL())],
    cases: attributeCases({
      none: allowed,
      persistent: implicitDeny,
      will: implicitDeny,
      both: implicitDeny,
      fresh: implicitDeny,
    }),
  },
  {
    page,
    example: 'only with PersistentConnect, any new feature with it',
    statements: [allow('Connect', '*', ANY('PersistentConnect'))],
    cases: [
      ...attributeCases({
        none: implicitDeny,
        persistent: allowed,
        will: implicitDeny,
        both: allowed,
        fresh: implicitDeny,
      }),
      ['iot:Connect', 'client/a', { connectAttributes: ['SomethingNew', 'PersistentConnect'] }, allowed],
    ],
  },
  {
    page,
    example: 'PersistentConnect and LastWill both needed, no new feature',
    statements: [
      allow('Connect', '*', ALL('PersistentConnect', 'LastWill')),
      deny('Connect', '*', ALL('PersistentConnect')),
      deny('Connect', '*', ALL('LastWill')),
      deny('Connect', '*', ALL()),
    ],
    cases: attributeCases({
      none: explicitDeny,
      persistent: explicitDeny,
      will: explicitDeny,
      both: allowed,
      fresh: implicitDeny,
    }),
  },
  {
    page,
    example: 'never PersistentConnect, LastWill allowed, no new feature',
    statements: [deny('Connect', '*', ANY('PersistentConnect')), allow('Connect', '*', ALL('LastWill'))],
    cases: attributeCases({
      none: allowed,
      persistent: explicitDeny,
      will: allowed,
      both: explicitDeny,
      fresh: implicitDeny,
    }),
  },
  {
    page,
    example: 'only with a certain Will topic',
    statements: [allow('Connect', '*', WILL_TOPIC)],
    cases: [
      ['iot:Connect', 'client/a', { ...WILL, lastWillTopic: 'my/lastwill/topicName' }, allowed],
      ['iot:Connect', 'client/a', { ...BOTH, lastWillTopic: `${ARN}topic/my/lastwill/topicName` }, allowed],
      ['iot:Connect', 'client/a', { ...WILL, lastWillTopic: 'my/lastwill/other' }, implicitDeny],
      ['iot:Connect', 'client/a', {}, implicitDeny],
    ],
  },
  {
    page,
    example: 'only clean connects with a certain Will topic',
    statements: [allow('Connect', '*', WILL_TOPIC), deny('Connect', '*', ANY('PersistentConnect'))],
    cases: [
      ['iot:Connect', 'client/a', { lastWillTopic: 'my/lastwill/topicName' }, allowed],
      ['iot:Connect', 'client/a', { ...BOTH, lastWillTopic: 'my/lastwill/topicName' }, explicitDeny],
      ['iot:Connect', 'client/a', WILL, implicitDeny],
    ],
  },
  {
    page,
    example: 'a thing that subscribes to one filter',
    statements: [CONNECT_AS_THING, allow('Subscribe', 'topicfilter/my/topic/filter')],
    cases: [
      ['iot:Connect', 'client/lamp', thing('lamp'), allowed],
      ['iot:Subscribe', 'topicfilter/my/topic/filter', thing('lamp'), allowed],
      ['iot:Subscribe', 'topicfilter/my/topic/#', thing('lamp'), implicitDeny],
      ['iot:Receive', 'topic/my/topic/filter', thing('lamp'), implicitDeny],
    ],
  },
  {
    page,
    example: 'an unregistered client that subscribes to one filter',
    statements: [CONNECT_AS_ONE, allow('Subscribe', 'topicfilter/my/topic')],
    cases: [
      ['iot:Connect', 'client/client1', client('client1'), allowed],
      ['iot:Subscribe', 'topicfilter/my/topic', client('client1'), allowed],
      ['iot:Subscribe', 'topic/my/topic', client('client1'), implicitDeny],
    ],
  },
]
