import { describe, expect, test } from 'vitest'
import { resultOf } from './rules.ts'

const PAYLOAD = { s: 'Grüße', n: 12.5, b: true, z: null, a: [1, 'x'], o: { p: 1 } }
const MQTT5 = {
  contentType: 'text/plain',
  payloadFormatIndicator: true,
  responseTopic: 'r',
  correlationData: Buffer.from('id'),
  userProperties: [
    ['k', '1'],
    ['j', '2'],
    ['k', '3'],
  ] as const,
}
const U = undefined

describe('a function', () => {
  test.each([
    ['topic()', 'jamey/events/status'],
    ['topic(1)', 'jamey'],
    ['TOPIC(3)', 'status'],
    ["topic('2')", 'events'],
    ['topic(0)', U],
    ['topic(4)', U],
    ['topic(-1)', U],
    ['topic(z)', U],
    ['clientid()', 'lamp'],
    ['principal()', 'p1'],
    ['timestamp()', 1_700_000_000_000],
    ['traceid()', 't1'],
    ['accountid()', '123456789012'],
    ['newuuid()', '00000000-0000-4000-8000-000000000000'],
    ['sql_version()', '2016-03-23'],
    ["get_mqtt_property('content_type')", 'text/plain'],
    ["get_mqtt_property('format_indicator')", 'UTF8_DATA'],
    ["get_mqtt_property('response_topic')", 'r'],
    ["get_mqtt_property('correlation_data')", 'aWQ='],
    ["get_mqtt_property('topic')", U],
    ['get_mqtt_property(z)', U],
    ["get_user_properties('k')", ['1', '3']],
    ["get_user_properties('K')", U],
    ['get_user_properties(z)', U],
    ['get_user_properties()', [{ k: '1' }, { j: '2' }, { k: '3' }]],
    ['isUndefined(missing)', true],
    ['isUndefined(z)', false],
    ['ISUNDEFINED(s)', false],
    ['isNull(z)', true],
    ['isNull(missing)', false],
    ['isNull(s)', false],
    ["startswith(s, 'Gr')", true],
    ["startswith(s, 'gr')", false],
    ['startswith(n, 12)', true],
    ['startswith(z, s)', U],
    ['startswith(s, missing)', U],
    ["endswith(s, 'ße')", true],
    ["endswith(a, ']')", true],
    ['endswith(missing, s)', U],
    ['lower(s)', 'grüße'],
    ['upper(s)', 'GRÜSSE'],
    ['upper(b)', 'TRUE'],
    ['lower(z)', U],
    ['lower(missing)', U],
    ['length(s)', 5],
    ["length('😀')", 1],
    ['length(n)', 4],
    ['length(z)', U],
    ['concat()', U],
    ['concat(n)', 12.5],
    ['concat(z)', null],
    ["concat(s, '-', n, b)", 'Grüße-12.5true'],
    ['concat(1, s, a)', [1, 'Grüße', 1, 'x']],
    ['concat(a, a)', [1, 'x', 1, 'x']],
    ['concat(a, z)', [1, 'x', null]],
    ['concat(s, z)', U],
    ['concat(s, missing)', U],
    ['concat(a, missing)', U],
    ["encode(s, 'base64')", 'R3LDvMOfZQ=='],
    ["encode(n, 'base64')", 'MTIuNQ=='],
    ["encode(o, 'base64')", 'eyJwIjoxfQ=='],
    ["encode(z, 'base64')", U],
    ["encode(missing, 'base64')", U],
    ['encode(s, s)', U],
    ['encode(*, s)', U],
    ["encode(*, 'base64')", Buffer.from(JSON.stringify(PAYLOAD)).toString('base64')],
    ["upper(concat(topic(1), '/', lower('X')))", 'JAMEY/X'],
  ])('%s is %j', (expression, expected) => {
    const rest = { principal: 'p1', traceId: 't1', accountId: '123456789012', mqtt5: MQTT5 }

    expect(resultOf(expression, PAYLOAD, rest)).toEqual(expected)
  })

  test.each([
    ['principal()', U],
    ['traceid()', U],
    ['accountid()', U],
    ['get_user_properties()', U],
    ["get_user_properties('k')", U],
    ["get_mqtt_property('content_type')", U],
    ["get_mqtt_property('correlation_data')", U],
    ["get_mqtt_property('format_indicator')", 'UNSPECIFIED_BYTES'],
  ])('%s without such a fact is %j', (expression, expected) => {
    expect(resultOf(expression)).toEqual(expected)
  })
})
