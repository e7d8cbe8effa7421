import {
  ARN,
  allow,
  CONNECT_AS_ONE,
  CONNECT_AS_ONE_OF_THREE,
  CONNECT_AS_THING,
  client,
  type DocumentedExample,
  deny,
  thing,
} from './example.ts'

const page = 'pub-sub-policy.html'
const LAMP = thing('lamp')
const ONE = client('client1')

/** A registered thing and an unregistered client under policies that differ in how they name the client. */
function both(
  example: string,
  statements: (id: string) => DocumentedExample['statements'],
  cases: (id: string) => [string, string, 'allowed' | 'explicitDeny' | 'implicitDeny'][],
): DocumentedExample[] {
  const withContext = (id: string, context: object): DocumentedExample['cases'] =>
    cases(id).map(([action, resource, decision]) => [action, resource, context, decision])
  return [
    {
      page,
      example: `${example}, registered`,
      statements: [CONNECT_AS_THING, ...statements('${iot:Connection.Thing.ThingName}')],
      cases: [
        ['iot:Connect', 'client/lamp', LAMP, 'allowed'],
        ['iot:Connect', 'client/other', { ...LAMP, clientId: 'other' }, 'implicitDeny'],
        ...withContext('lamp', LAMP),
      ],
    },
    {
      page,
      example: `${example}, unregistered`,
      statements: [CONNECT_AS_ONE_OF_THREE, ...statements('${iot:ClientId}')],
      cases: [
        ['iot:Connect', 'client/client3', client('client3'), 'allowed'],
        ['iot:Connect', 'client/client4', client('client4'), 'implicitDeny'],
        ...withContext('client1', ONE),
      ],
    },
  ]
}

/** https://docs.aws.amazon.com/iot/latest/developerguide/pub-sub-policy.html */
export const PUBLISH_SUBSCRIBE_EXAMPLES: DocumentedExample[] = [
  ...both(
    'one specific topic',
    () => [
      allow('Publish', 'topic/some_specific_topic'),
      allow('Subscribe', 'topicfilter/some_specific_topic'),
      allow('Receive', 'topic/some_specific_topic'),
    ],
    () => [
      ['iot:Publish', 'topic/some_specific_topic', 'allowed'],
      ['iot:Subscribe', 'topicfilter/some_specific_topic', 'allowed'],
      ['iot:Receive', 'topic/some_specific_topic', 'allowed'],
      ['iot:Publish', 'topic/some_specific_topic/below', 'implicitDeny'],
      ['iot:RetainPublish', 'topic/some_specific_topic', 'implicitDeny'],
    ],
  ),
  ...both(
    'a prefix of topics',
    () => [allow('Publish Receive', 'topic/topic_prefix*'), allow('Subscribe', 'topicfilter/topic_prefix*')],
    () => [
      ['iot:Publish', 'topic/topic_prefix', 'allowed'],
      ['iot:Publish', 'topic/topic_prefix/a/b', 'allowed'],
      ['iot:Subscribe', 'topicfilter/topic_prefix/#', 'allowed'],
      ['iot:Receive', 'topic/topic_prefix1', 'allowed'],
      ['iot:Receive', 'topic/topic', 'implicitDeny'],
    ],
  ),
  ...both(
    'topics that begin with the name',
    (id) => [allow('Publish', `topic/${id}/*`)],
    (id) => [
      ['iot:Publish', `topic/${id}/a`, 'allowed'],
      ['iot:Publish', `topic/${id}/a/b`, 'allowed'],
      ['iot:Publish', `topic/${id}`, 'implicitDeny'],
      ['iot:Publish', 'topic/another/a', 'implicitDeny'],
    ],
  ),
  ...both(
    'rooms below the name',
    (id) => [allow('Subscribe', `topicfilter/${id}/room*`), allow('Receive', `topic/${id}/room*`)],
    (id) => [
      ['iot:Subscribe', `topicfilter/${id}/room1`, 'allowed'],
      ['iot:Subscribe', `topicfilter/${id}/room/+`, 'allowed'],
      ['iot:Subscribe', `topicfilter/${id}/#`, 'implicitDeny'],
      ['iot:Receive', `topic/${id}/room2`, 'allowed'],
      ['iot:Receive', `topic/${id}/hall`, 'implicitDeny'],
    ],
  ),
  ...both(
    'a topic of its own',
    (id) => [allow('Publish', `topic/my/topic/${id}`)],
    (id) => [
      ['iot:Publish', `topic/my/topic/${id}`, 'allowed'],
      ['iot:Publish', 'topic/my/topic/another', 'implicitDeny'],
    ],
  ),
  ...both(
    'publishing below the name but for one topic',
    (id) => [allow('Publish', `topic/${id}/*`), deny('Publish', `topic/${id}/bar`)],
    (id) => [
      ['iot:Publish', `topic/${id}/foo`, 'allowed'],
      ['iot:Publish', `topic/${id}/bar`, 'explicitDeny'],
      ['iot:Publish', `topic/${id}/bar/foo`, 'allowed'],
    ],
  ),
  ...both(
    'publishing below the name but for subtopics',
    (id) => [allow('Publish', `topic/${id}/*`), deny('Publish', `topic/${id}/bar/*`)],
    (id) => [
      ['iot:Publish', `topic/${id}/foo`, 'allowed'],
      ['iot:Publish', `topic/${id}/bar/foo`, 'explicitDeny'],
      ['iot:Publish', `topic/${id}/bar`, 'allowed'],
    ],
  ),
  ...both(
    'receiving below a prefix but for subtopics',
    () => [
      allow('Subscribe', 'topicfilter/topic_prefix/*'),
      allow('Receive', 'topic/topic_prefix/*'),
      deny('Receive', 'topic/topic_prefix/restricted/*'),
    ],
    () => [
      ['iot:Subscribe', 'topicfilter/topic_prefix/#', 'allowed'],
      ['iot:Subscribe', 'topicfilter/topic_prefix/restricted/#', 'allowed'],
      ['iot:Receive', 'topic/topic_prefix/a', 'allowed'],
      ['iot:Receive', 'topic/topic_prefix/restricted/a', 'explicitDeny'],
    ],
  ),
  ...both(
    'subscribing to one topic and never publishing to another',
    (id) => [allow('Subscribe', 'topicfilter/my/topic'), deny('Publish', `topic/${id}/bar`)],
    (id) => [
      ['iot:Subscribe', 'topicfilter/my/topic', 'allowed'],
      ['iot:Publish', `topic/${id}/bar`, 'explicitDeny'],
      ['iot:Publish', `topic/${id}/foo`, 'implicitDeny'],
    ],
  ),
  ...both(
    'the filter some/+/topic, in which + is a plain character',
    () => [allow('Subscribe', 'topicfilter/some/+/topic')],
    () => [
      ['iot:Subscribe', 'topicfilter/some/+/topic', 'allowed'],
      ['iot:Subscribe', 'topicfilter/some/string1/topic', 'implicitDeny'],
      ['iot:Subscribe', 'topicfilter/some/*/topic', 'implicitDeny'],
    ],
  ),
  ...both(
    'filters some/*/topic, in which * stands for anything',
    () => [allow('Subscribe', 'topicfilter/some/*/topic')],
    () => [
      ['iot:Subscribe', 'topicfilter/some/string1/topic', 'allowed'],
      ['iot:Subscribe', 'topicfilter/some/+/topic', 'allowed'],
      ['iot:Subscribe', 'topicfilter/some/a/b/topic', 'allowed'],
      ['iot:Subscribe', 'topicfilter/some/topic', 'implicitDeny'],
    ],
  ),
  ...both(
    'two topics',
    () => [allow('Subscribe', ['topicfilter/my/topic', 'topicfilter/my/othertopic'])],
    () => [
      ['iot:Subscribe', 'topicfilter/my/topic', 'allowed'],
      ['iot:Subscribe', 'topicfilter/my/othertopic', 'allowed'],
      ['iot:Subscribe', 'topicfilter/my/+', 'implicitDeny'],
    ],
  ),
  ...both(
    'subscribing to and receiving one topic',
    () => [allow('Subscribe', 'topicfilter/my/topic'), allow('Receive', 'topic/my/topic')],
    () => [
      ['iot:Subscribe', 'topicfilter/my/topic', 'allowed'],
      ['iot:Receive', 'topic/my/topic', 'allowed'],
      ['iot:Receive', 'topic/my/topic/below', 'implicitDeny'],
    ],
  ),
  {
    page,
    example: 'the table of wildcards: ? stands for one character',
    statements: [
      allow('Publish', 'topic/some/?????/topic'),
      allow('Subscribe', ['topicfilter/some/sensor???/topic', 'topicfilter/other/sensor*/topic']),
    ],
    cases: [
      ['iot:Publish', 'topic/some/abcde/topic', ONE, 'allowed'],
      ['iot:Publish', 'topic/some/abcd/topic', ONE, 'implicitDeny'],
      ['iot:Publish', 'topic/some/ab/de/topic', ONE, 'allowed'],
      ['iot:Subscribe', 'topicfilter/some/sensor001/topic', ONE, 'allowed'],
      ['iot:Subscribe', 'topicfilter/some/sensor01/topic', ONE, 'implicitDeny'],
      ['iot:Subscribe', 'topicfilter/other/sensor/topic', ONE, 'allowed'],
    ],
  },
  {
    page,
    example: 'a denied subscription that a wildcard filter gets around',
    statements: [allow('Subscribe', 'topicfilter/a/*'), deny('Subscribe', 'topicfilter/a/restricted/*')],
    cases: [
      ['iot:Subscribe', 'topicfilter/a/#', ONE, 'allowed'],
      ['iot:Subscribe', 'topicfilter/a/restricted/x', ONE, 'explicitDeny'],
    ],
  },
  {
    page,
    example: 'receiving everything but a branch, by NotResource',
    statements: [
      { Effect: 'Allow', Action: ['iot:Receive'], NotResource: [`${ARN}topic/a/restricted/*`] },
      allow('Subscribe', 'topicfilter/a/*'),
    ],
    cases: [
      ['iot:Subscribe', 'topicfilter/a/#', ONE, 'allowed'],
      ['iot:Receive', 'topic/a/b', ONE, 'allowed'],
      ['iot:Receive', 'topic/a/restricted/b', ONE, 'implicitDeny'],
      ['iot:Receive', 'topic/elsewhere', ONE, 'allowed'],
    ],
  },
  {
    page,
    example: 'a subscription whose messages are denied',
    statements: [allow('Subscribe', 'topicfilter/device/update'), deny('Receive', 'topic/device/update')],
    cases: [
      ['iot:Subscribe', 'topicfilter/device/update', ONE, 'allowed'],
      ['iot:Receive', 'topic/device/update', ONE, 'explicitDeny'],
      ['iot:Receive', 'topic/device/other', ONE, 'implicitDeny'],
    ],
  },
  {
    page,
    example: 'provisioning topic of one client',
    statements: [
      CONNECT_AS_ONE,
      allow('Publish Receive', 'topic/iotmonitor/provisioning/987654321098'),
      allow('Subscribe', 'topicfilter/iotmonitor/provisioning/987654321098'),
    ],
    cases: [
      ['iot:Connect', 'client/client1', ONE, 'allowed'],
      ['iot:Publish', 'topic/iotmonitor/provisioning/987654321098', ONE, 'allowed'],
      ['iot:Receive', 'topic/iotmonitor/provisioning/987654321098', ONE, 'allowed'],
      ['iot:Subscribe', 'topicfilter/iotmonitor/provisioning/987654321098', ONE, 'allowed'],
      ['iot:Publish', 'topic/iotmonitor/provisioning/1', ONE, 'implicitDeny'],
    ],
  },
  {
    page,
    example: 'topics with an attribute of the thing',
    statements: [
      CONNECT_AS_THING,
      allow('Publish', 'topic/${iot:Connection.Thing.Attributes[version]}'),
      allow('Subscribe', 'topicfilter/${iot:Connection.Thing.Attributes[version]}'),
      allow('Receive', 'topic/${iot:Connection.Thing.Attributes[version]}'),
    ],
    cases: [
      ['iot:Publish', 'topic/v1', thing('lamp', { attributes: { version: 'v1' } }), 'allowed'],
      ['iot:Subscribe', 'topicfilter/v1', thing('lamp', { attributes: { version: 'v1' } }), 'allowed'],
      ['iot:Receive', 'topic/v2', thing('lamp', { attributes: { version: 'v1' } }), 'implicitDeny'],
      ['iot:Publish', 'topic/v1', LAMP, 'implicitDeny'],
    ],
  },
  {
    page,
    example: 'topics of a Cognito identity over HTTP and WebSocket',
    statements: [
      allow('Publish', 'topic/${cognito-identity.amazonaws.com:sub}'),
      allow('Connect', 'client/${cognito-identity.amazonaws.com:sub}'),
    ],
    cases: [
      ['iot:Publish', 'topic/us-east-1:1a2b', { 'cognito-identity.amazonaws.com:sub': 'us-east-1:1a2b' }, 'allowed'],
      ['iot:Connect', 'client/us-east-1:1a2b', { 'cognito-identity.amazonaws.com:sub': 'us-east-1:1a2b' }, 'allowed'],
      ['iot:Publish', 'topic/other', { 'cognito-identity.amazonaws.com:sub': 'us-east-1:1a2b' }, 'implicitDeny'],
      ['iot:Publish', 'topic/us-east-1:1a2b', {}, 'implicitDeny'],
    ],
  },
]
