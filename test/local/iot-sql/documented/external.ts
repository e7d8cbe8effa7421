import type { Page } from './documented-case.ts'

const ROLE = 'arn:aws:iam::123456789012:role/getdynamo'
const ON = { state: { reported: { alarm: 'ON' } } }
const OFF = { state: { reported: { alarm: 'OFF' } } }
const SHADOW = `get_thing_shadow("MyThing","MyThingShadow","${ROLE}")\n    .state.reported.alarm = 'ON'`
const FUNCTION = 'arn:aws:lambda:us-east-1:account_id:function:lambda_function'

const MQTT5 = {
  contentType: 'application/json',
  payloadFormatIndicator: true,
  responseTopic: 'reply/here',
  correlationData: Buffer.from('id'),
  userProperties: [
    ['deviceName', 'alpha'],
    ['deviceCnt', '45'],
    ['deviceName', 'beta'],
  ] as const,
}

export const EXTERNAL: Page = {
  source: 'iot-sql-functions',
  statements: [
    {
      sql: `SELECT *, get_dynamodb("InServiceDevices", "deviceId", id, "${ROLE}").location AS location FROM 'some/topic'`,
      payload: { id: 'd1' },
      stubs: { get_dynamodb: { deviceId: 'd1', location: 'hall' } },
      output: { id: 'd1', location: 'hall' },
    },
    {
      sql: `SELECT get_dynamodb("T", "k", "1", "${ROLE}").a AS x, get_dynamodb("T", "k", "2", "${ROLE}").a AS y FROM 't'`,
      stubs: { get_dynamodb: { a: 1 } },
      outcome: 'error',
    },
    {
      sql: `SELECT get_dynamodb("T", "k", "1", "${ROLE}").a AS x FROM 't'`,
      stubs: { get_dynamodb: 'fails' },
      outcome: 'error',
    },
    {
      sql: `SELECT get_or_default(get_dynamodb("T", "k", "1", "${ROLE}").a, "none") AS x FROM 't'`,
      stubs: { get_dynamodb: 'fails' },
      output: { x: 'none' },
    },
    {
      sql: `SELECT get_or_default(get_dynamodb("T", "k", "1", "${ROLE}").a) AS x FROM 't'`,
      stubs: { get_dynamodb: 'fails' },
      output: {},
    },
    {
      sql: `SELECT get_or_default(x, get_dynamodb("T", "k", "1", "${ROLE}")) AS x FROM 't'`,
      outcome: 'refused',
    },
    {
      sql: `SELECT * from 'topic/subtopic' WHERE ${SHADOW}`,
      payload: { a: 1 },
      stubs: { get_thing_shadow: ON },
      output: { a: 1 },
    },
    { sql: `SELECT * from 'topic/subtopic' WHERE ${SHADOW}`, stubs: { get_thing_shadow: OFF }, outcome: 'filtered' },
    {
      sql: `SELECT * from 'topic/subtopic' WHERE get_thing_shadow("MyThing","${ROLE}").state.reported.alarm = 'ON'`,
      payload: { a: 1 },
      stubs: { get_thing_shadow: ON },
      output: { a: 1 },
    },
    {
      sql: `SELECT aws_lambda("${FUNCTION}", {"payload":attribute1}) as output FROM 'topic-filter'`,
      payload: { attribute1: 21, attribute2: 'value' },
      stubs: { aws_lambda: { answer: 42 } },
      output: { output: { answer: 42 } },
    },
    {
      sql: `SELECT aws_lambda("${FUNCTION}", *).some.value as output FROM 'topic-filter'`,
      payload: { attribute1: 21 },
      stubs: { aws_lambda: { some: { value: 'v' } } },
      output: { output: 'v' },
    },
    {
      sql: `SELECT * FROM 'iot/test' where machinelearning_predict('my-model', '${ROLE}', *).predictedLabel=1`,
      payload: { temp: 9 },
      stubs: { machinelearning_predict: { predictedLabel: 1 } },
      output: { temp: 9 },
    },
    {
      sql: `SELECT get_registry_data("DescribeThing", thing, "${ROLE}").thingTypeName AS type FROM 't'`,
      payload: { thing: 'lamp' },
      stubs: { get_registry_data: { thingName: 'lamp', thingTypeName: 'light' } },
      output: { type: 'light' },
    },
    {
      sql: "SELECT * FROM 't'",
      stubs: { get_secret: 'key-1' },
      output: {},
      templates: { [`\${get_secret('API_KEY', 'SecretString', 'API_KEY_VALUE', '${ROLE}')}`]: 'key-1' },
    },
    {
      sql: "select VALUE decode(*, 'proto', 'bucket', 'messageformat.desc', 'myproto', 'messagetype') FROM 'some/topic'",
      payload: 'raw:\u0001\u0002',
      stubs: { decode: { sourceName: 'x', nanoOffset: '5' } },
      output: { sourceName: 'x', nanoOffset: '5' },
    },
    {
      sql: `SELECT get_mqtt_property('content_type') AS c, get_mqtt_property('format_indicator') AS f,
        get_mqtt_property('response_topic') AS r, get_mqtt_property('correlation_data') AS d,
        get_mqtt_property('some_invalid_name') AS x FROM 't'`,
      message: { mqtt5: MQTT5 },
      output: { c: 'application/json', f: 'UTF8_DATA', r: 'reply/here', d: 'aWQ=' },
    },
    {
      sql: `SELECT get_mqtt_property('content_type') AS c, get_mqtt_property('format_indicator') AS f,
        get_mqtt_property('response_topic') AS r, get_mqtt_property('correlation_data') AS d FROM 't'`,
      output: { f: 'UNSPECIFIED_BYTES' },
    },
    {
      sql: `SELECT get_user_properties('deviceName') AS n, get_user_properties('other') AS o, get_user_properties(5.32) AS w,
        get_user_properties() AS a FROM 't'`,
      message: { mqtt5: MQTT5 },
      output: { n: ['alpha', 'beta'], a: [{ deviceName: 'alpha' }, { deviceCnt: '45' }, { deviceName: 'beta' }] },
    },
  ],
}
