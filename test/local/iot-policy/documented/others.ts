import { ARN, allow, CONNECT_AS_ONE, CONNECT_AS_THING, client, type DocumentedExample, deny, thing } from './example.ts'

const LAMP = thing('lamp')
const DEVICE = client('device1')
const SHADOW = '$aws/things/lamp/shadow'
const JOBS = '$aws/things/uniqueThingName/jobs'

/** Examples of pages that have one or two. */
export const OTHER_EXAMPLES: DocumentedExample[] = [
  {
    page: 'basic-policy-variables.html',
    example: 'connecting and publishing by client id',
    statements: [allow('Connect', 'client/${iot:ClientId}'), allow('Publish', 'topic/my/topic/${iot:ClientId}')],
    cases: [
      ['iot:Connect', 'client/anyone', client('anyone'), 'allowed'],
      ['iot:Connect', 'client/anyone', {}, 'allowed'],
      ['iot:Publish', 'topic/my/topic/anyone', client('anyone'), 'allowed'],
      ['iot:Publish', 'topic/my/topic/other', client('anyone'), 'implicitDeny'],
      ['iot:Publish', 'topic/my/topic/*', client('*'), 'allowed'],
      ['iot:Publish', 'topic/my/topic/other', client('*'), 'implicitDeny'],
    ],
  },
  {
    page: 'basic-policy-variables.html',
    example: 'a client that calls itself +',
    statements: [allow('Subscribe', 'topicfilter/my/${iot:ClientId}/topic')],
    cases: [
      ['iot:Subscribe', 'topicfilter/my/+/topic', client('+'), 'allowed'],
      ['iot:Subscribe', 'topicfilter/my/+/topic', client('lamp'), 'implicitDeny'],
      ['iot:Subscribe', 'topicfilter/my/lamp/topic', client('lamp'), 'allowed'],
    ],
  },
  {
    page: 'basic-policy-variables.html',
    example: 'addresses and domain name',
    statements: [
      allow('Connect', 'client/client1', {
        IpAddress: { 'aws:SourceIp': ['203.0.113.0/24', '2001:db8::/32'] },
        StringEquals: { 'iot:DomainName': 'devices.example.com' },
      }),
    ],
    cases: [
      ['iot:Connect', 'client/client1', { sourceIp: '203.0.113.9', domainName: 'devices.example.com' }, 'allowed'],
      ['iot:Connect', 'client/client1', { sourceIp: '2001:db8::9', domainName: 'devices.example.com' }, 'allowed'],
      ['iot:Connect', 'client/client1', { sourceIp: '203.0.114.9', domainName: 'devices.example.com' }, 'implicitDeny'],
      ['iot:Connect', 'client/client1', { sourceIp: '203.0.113.9', domainName: 'other.example.com' }, 'implicitDeny'],
      ['iot:Connect', 'client/client1', {}, 'implicitDeny'],
    ],
  },
  {
    page: 'iot-policy-variables.html',
    example: 'escaped characters',
    statements: [allow('Publish', 'topic/a${*}b${?}c${$}d')],
    cases: [
      ['iot:Publish', 'topic/a*b?c$d', DEVICE, 'allowed'],
      ['iot:Publish', 'topic/axb?c$d', DEVICE, 'implicitDeny'],
    ],
  },
  {
    page: 'connect-and-pub.html',
    example: 'a thing and the topic of its name',
    statements: [allow('Publish', 'topic/${iot:Connection.Thing.ThingName}'), CONNECT_AS_THING],
    cases: [
      ['iot:Connect', 'client/lamp', LAMP, 'allowed'],
      ['iot:Publish', 'topic/lamp', LAMP, 'allowed'],
      ['iot:Publish', 'topic/other', LAMP, 'implicitDeny'],
      ['iot:Publish', 'topic/lamp', { ...LAMP, protocol: 'HTTPS' }, 'implicitDeny'],
    ],
  },
  {
    page: 'connect-and-pub.html',
    example: 'an unregistered client and the topic of its id',
    statements: [allow('Publish', 'topic/${iot:ClientId}'), CONNECT_AS_ONE],
    cases: [
      ['iot:Connect', 'client/client1', client('client1'), 'allowed'],
      ['iot:Publish', 'topic/client1', client('client1'), 'allowed'],
      ['iot:Publish', 'topic/client2', client('client1'), 'implicitDeny'],
    ],
  },
  {
    page: 'retained-message-policy-examples.html',
    example: 'retained messages of one topic',
    statements: [
      allow('Connect', 'client/device1'),
      allow('Publish RetainPublish', 'topic/device/sample/configuration'),
    ],
    cases: [
      ['iot:Connect', 'client/device1', DEVICE, 'allowed'],
      ['iot:Publish', 'topic/device/sample/configuration', DEVICE, 'allowed'],
      ['iot:RetainPublish', 'topic/device/sample/configuration', DEVICE, 'allowed'],
      ['iot:RetainPublish', 'topic/device/sample', DEVICE, 'implicitDeny'],
    ],
  },
  {
    page: 'retained-message-policy-examples.html',
    example: 'retained Will messages',
    statements: [
      allow('Connect', 'client/device1', { 'ForAllValues:StringEquals': { 'iot:ConnectAttributes': ['LastWill'] } }),
      allow('Publish RetainPublish', 'topic/will'),
    ],
    cases: [
      ['iot:Connect', 'client/device1', { connectAttributes: ['LastWill'], lastWillTopic: 'will' }, 'allowed'],
      ['iot:Connect', 'client/device1', { connectAttributes: ['PersistentConnect'] }, 'implicitDeny'],
      ['iot:RetainPublish', 'topic/will', DEVICE, 'allowed'],
    ],
  },
  {
    page: 'retained-message-policy-examples.html',
    example: 'listing and getting retained messages',
    statements: [allow('ListRetainedMessages', '*'), allow('GetRetainedMessage', 'topic/foo')],
    cases: [
      ['iot:ListRetainedMessages', '*', {}, 'allowed'],
      ['iot:GetRetainedMessage', 'topic/foo', {}, 'allowed'],
      ['iot:GetRetainedMessage', 'topic/bar', {}, 'implicitDeny'],
    ],
  },
  {
    page: 'iot-basic-ingest.html',
    example: 'Basic Ingest to every rule and to one',
    statements: [allow('Publish', 'topic/$aws/rules/one_rule/*')],
    cases: [
      ['iot:Publish', 'topic/$aws/rules/one_rule/a/b', DEVICE, 'allowed'],
      ['iot:Publish', 'topic/$aws/rules/another/a/b', DEVICE, 'implicitDeny'],
    ],
  },
  {
    page: 'basic-jobs-example.html',
    example: 'one device that runs jobs',
    statements: [
      allow('Connect', 'client/uniqueThingName'),
      allow('Publish', ['topic/test/dc/pubtopic', 'topic/$aws/events/job/*', `topic/${JOBS}/*`]),
      allow('Subscribe', ['topicfilter/test/dc/subtopic', `topicfilter/${JOBS}/*`]),
      allow('Receive', ['topic/test/dc/subtopic', `topic/${JOBS}/*`]),
    ],
    cases: [
      ['iot:Publish', `topic/${JOBS}/start-next`, client('uniqueThingName'), 'allowed'],
      ['iot:Subscribe', `topicfilter/${JOBS}/notify-next`, client('uniqueThingName'), 'allowed'],
      ['iot:Receive', `topic/${JOBS}/17/get/accepted`, client('uniqueThingName'), 'allowed'],
      ['iot:Publish', 'topic/test/dc/subtopic', client('uniqueThingName'), 'implicitDeny'],
    ],
  },
  {
    page: 'device-shadow-mqtt.html',
    example: 'shadow topics',
    statements: [
      allow('Publish', `topic/${SHADOW}/get`),
      allow('Subscribe', `topicfilter/${SHADOW}/get/accepted`),
      allow('Receive', `topic/${SHADOW}/get/accepted`),
    ],
    cases: [
      ['iot:Publish', `topic/${SHADOW}/get`, LAMP, 'allowed'],
      ['iot:Subscribe', `topicfilter/${SHADOW}/get/accepted`, LAMP, 'allowed'],
      ['iot:Receive', `topic/${SHADOW}/get/accepted`, LAMP, 'allowed'],
      ['iot:Publish', `topic/${SHADOW}/update`, LAMP, 'implicitDeny'],
    ],
  },
  {
    page: 'IoTCore-VPC.html',
    example: 'connecting through one VPC endpoint',
    statements: [
      { ...CONNECT_AS_THING, Condition: { StringEquals: { 'aws:SourceVpce': 'vpce-1a2b3c4d' } } },
      allow('Publish', 'topic/${iot:Connection.Thing.ThingName}/*'),
    ],
    cases: [
      ['iot:Connect', 'client/lamp', { ...LAMP, 'aws:SourceVpce': 'vpce-1a2b3c4d' }, 'allowed'],
      ['iot:Connect', 'client/lamp', { ...LAMP, 'aws:SourceVpce': 'vpce-other' }, 'implicitDeny'],
      ['iot:Publish', 'topic/lamp/a', LAMP, 'allowed'],
    ],
  },
  {
    page: 'config-custom-auth.html',
    example: 'telemetry of a client with a custom authorizer',
    statements: [
      allow('Connect', '*'),
      allow('Publish Receive', 'topic/telemetry/${iot:ClientId}'),
      allow('Subscribe', 'topicfilter/telemetry/${iot:ClientId}'),
    ],
    cases: [
      ['iot:Connect', 'client/lamp', { clientId: 'lamp', authentication: 'CUSTOM_AUTH' }, 'allowed'],
      ['iot:Publish', 'topic/telemetry/lamp', { clientId: 'lamp', authentication: 'CUSTOM_AUTH' }, 'allowed'],
      ['iot:Publish', 'topic/telemetry/x', { clientId: 'lamp', authentication: 'CUSTOM_AUTH' }, 'implicitDeny'],
    ],
  },
  {
    page: 'custom-auth-lambda.html',
    example: 'a wrong password as documents that deny',
    statements: [deny('Connect', 'client/myClientName'), deny('Publish', 'topic/telemetry/myClientName')],
    cases: [
      ['iot:Connect', 'client/myClientName', client('myClientName'), 'explicitDeny'],
      ['iot:Publish', 'topic/telemetry/myClientName', client('myClientName'), 'explicitDeny'],
    ],
  },
  {
    page: 'audit-chk-iot-policy-permissive.html',
    example: 'permissive policies: every action, every resource',
    statements: [{ Effect: 'Allow', Action: ['iot:*'], Resource: ['*'] }],
    cases: [
      ['iot:Connect', 'client/anyone', {}, 'allowed'],
      ['iot:Publish', 'topic/$aws/things/any/shadow/update', {}, 'allowed'],
    ],
  },
  {
    page: 'audit-chk-iot-policy-permissive.html',
    example: 'a Deny that a filter with + or # gets around',
    statements: [
      { Effect: 'Allow', Action: ['iot:Subscribe'], Resource: [`${ARN}topicfilter/building/*`] },
      deny('Subscribe', 'topicfilter/building/control_room/*'),
    ],
    cases: [
      ['iot:Subscribe', 'topicfilter/building/control_room/data1', {}, 'explicitDeny'],
      ['iot:Subscribe', 'topicfilter/building/+/data1', {}, 'allowed'],
      ['iot:Subscribe', 'topicfilter/building/#', {}, 'allowed'],
    ],
  },
]
