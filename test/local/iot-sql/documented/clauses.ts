import type { Page } from './documented-case.ts'

const RED = { color: 'red', temperature: 50 }
const SENSOR = {
  deviceid: 'iot123',
  temp: 54.98,
  humidity: 32.43,
  coords: { latitude: 47.615694, longitude: -122.3359976 },
}
const READINGS = {
  e: [
    { n: 'temperature', u: 'Cel', t: 1234, v: 22.5 },
    { n: 'light', u: 'lm', t: 1235, v: 135 },
    { n: 'acidity', u: 'pH', t: 1235, v: 7 },
  ],
}
const HYPHEN = { mydata: { item2: { '0': { 'my-key': 'myValue' } } } }
const WEATHER = {
  device1: {
    deviceId: 'weather_sensor',
    deviceData: { sensors: { temp_fahrenheit: 75, humidity: 60 }, location: [47.606, -122.332] },
  },
}
const LIGHTS = `SELECT CASE color WHEN 'green' THEN 'go' WHEN 'yellow' THEN 'caution' WHEN 'red' THEN 'stop'
  ELSE 'you are not at a stop light' END as instructions FROM 'topic/subtopic'`

const SELECT: Page = {
  source: 'iot-sql-select',
  statements: [
    { sql: "SELECT * FROM 'topic/subtopic'", payload: RED, output: RED },
    { sql: "SELECT color FROM 'topic/subtopic'", payload: RED, output: { color: 'red' } },
    { sql: "SELECT color AS my_color FROM 'topic/subtopic'", payload: RED, output: { my_color: 'red' } },
    {
      sql: "SELECT color as my_color, temperature as fahrenheit FROM 'topic/subtopic'",
      payload: RED,
      output: { my_color: 'red', fahrenheit: 50 },
    },
    { sql: "SELECT *, 15 as speed FROM 'topic/subtopic'", payload: RED, output: { ...RED, speed: 15 } },
    { sql: "SELECT VALUE color FROM 'topic/subtopic'", payload: RED, output: 'red' },
    { sql: "SELECT {'color': color} FROM 'topic/subtopic'", payload: RED, output: { color: 'red' } },
    {
      sql: "SELECT color.red as red_value FROM 'topic/subtopic'",
      payload: { color: { red: 255, green: 0, blue: 0 }, temperature: 50 },
      output: { red_value: 255 },
    },
    {
      sql: "SELECT (temperature - 32) * 5 / 9 AS celsius, upper(color) as my_color FROM 'topic/subtopic'",
      payload: RED,
      output: { celsius: 10, my_color: 'RED' },
    },
  ],
}

/** Which of the topics of the page's examples a filter matches. */
const MATCHING: Readonly<Record<string, readonly string[]>> = {
  'topic/subtopic': ['topic/subtopic'],
  'topic/#': ['topic/subtopic', 'topic/subtopic-2', 'topic/subtopic-3/details'],
  'topic/+': ['topic/subtopic', 'topic/subtopic-2'],
}

const FROM_FILTERS: Page = {
  source: 'iot-sql-from',
  statements: [
    ...['topic/subtopic', 'topic/subtopic-2', 'topic/subtopic-3/details', 'topic-2/subtopic-x'].flatMap((topic) =>
      ['topic/subtopic', 'topic/#', 'topic/+'].map((filter) => ({
        sql: `SELECT temperature AS t FROM '${filter}'`,
        topic,
        payload: { temperature: 50 },
        ...(MATCHING[filter]?.includes(topic) ? { output: { t: 50 } } : { outcome: 'no_match' as const }),
      })),
    ),
  ],
}

const WHERE: Page = {
  source: 'iot-sql-where',
  statements: [
    {
      sql: "SELECT color AS my_color FROM 'topic/subtopic' WHERE temperature > 50 AND color <> 'red'",
      payload: { color: 'red', temperature: 40 },
      outcome: 'filtered',
    },
    {
      sql: "SELECT color AS my_color FROM 'topic/subtopic' WHERE my_color = 'red'",
      payload: RED,
      outcome: 'filtered',
    },
    {
      sql: "SELECT decode(encode(*, 'base64'), 'base64') AS value FROM 'topic/subtopic' WHERE decode(encode(*, 'base64'), 'base64') > 50",
      payload: 'raw:80',
      output: { value: 80 },
    },
    {
      sql: "SELECT color AS rgb FROM 'topic/subtopic' WHERE temperature > 50",
      payload: { color: 'red', temperature: 100 },
      output: { rgb: 'red' },
    },
  ],
}

const JSON_EXTENSIONS: Page = {
  source: 'iot-sql-json',
  statements: [
    {
      sql: "SELECT foo.bar AS bar.baz FROM 'topic/subtopic'",
      payload: { foo: { bar: 'RED', bar1: 'GREEN', bar2: 'BLUE' } },
      output: { bar: { baz: 'RED' } },
    },
    {
      sql: 'SELECT * from \'iot/rules\' WHERE get(get(get(mydata,"item2"),"0"),"my-key") = "myValue"',
      payload: HYPHEN,
      output: HYPHEN,
    },
    { sql: 'SELECT * from \'iot/rules\' WHERE mydata.item2.0.my-key= "myValue"', payload: HYPHEN, outcome: 'refused' },
    {
      sql: "SELECT temp, md5(deviceid) AS hashed_id FROM 'topic/#'",
      payload: SENSOR,
      output: { temp: 54.98, hashed_id: 'e37f81fb397e595c4aeb5645b8cbbbd1' },
    },
  ],
}

const CASE: Page = {
  source: 'iot-sql-case',
  statements: [
    { sql: LIGHTS, payload: { color: 'yellow' }, output: { instructions: 'caution' } },
    { sql: LIGHTS, payload: { color: 'blue' }, output: { instructions: 'you are not at a stop light' } },
    { sql: LIGHTS, payload: {}, output: {} },
    { sql: "SELECT CASE color WHEN 'x' THEN 1 END AS v FROM 't'", payload: { color: 'red' }, output: {} },
    {
      sql: "SELECT CASE a WHEN 1 THEN 'first' WHEN 1 THEN 'second' END AS v FROM 't'",
      payload: { a: 1 },
      output: { v: 'first' },
    },
    { sql: "SELECT CASE color ELSE 1 END AS v FROM 't'", outcome: 'refused' },
  ],
}

const LITERALS: Page = {
  source: 'iot-sql-literals',
  statements: [
    {
      sql: "SELECT {'latitude': get(lat_long, 0),'longitude':get(lat_long, 1)} as lat_long FROM 'topic/subtopic'",
      payload: { lat_long: [47.606, -122.332] },
      output: { lat_long: { latitude: 47.606, longitude: -122.332 } },
    },
    {
      // the page has 47.606 in its output
      sql: "SELECT [lat,long] as lat_long FROM 'topic/subtopic'",
      payload: { lat: 47.696, long: -122.332 },
      output: { lat_long: [47.696, -122.332] },
    },
    { sql: "SELECT [1] AS v FROM 't'", version: '2015-10-08', outcome: 'refused' },
    { sql: "SELECT {'a': 1} AS v FROM 't'", version: '2015-10-08', outcome: 'refused' },
  ],
}

const NESTED: Page = {
  source: 'iot-sql-nested-queries',
  statements: [
    {
      sql: "SELECT (SELECT VALUE n FROM e) as sensors FROM 'my/topic'",
      payload: READINGS,
      output: { sensors: ['temperature', 'light', 'acidity'] },
    },
    {
      sql: "SELECT (SELECT v FROM e WHERE n = 'temperature') as temperature FROM 'my/topic'",
      payload: READINGS,
      output: { temperature: [{ v: 22.5 }] },
    },
    {
      sql: "SELECT get((SELECT v FROM e WHERE n = 'temperature'), 0).v as temperature FROM 'topic'",
      payload: READINGS,
      output: { temperature: 22.5 },
    },
    { sql: "SELECT (SELECT v FROM e) AS v FROM 't'", version: '2015-10-08', outcome: 'refused' },
  ],
}

const SET: Page = {
  source: 'iot-sql-set',
  statements: [
    {
      sql: "SET @temp_celsius = (temp_fahrenheit - 32) * 5 / 9 SELECT @temp_celsius AS celsius, humidity FROM 'device/data'",
      payload: { temp_fahrenheit: 75, humidity: 60 },
      output: { celsius: 23, humidity: 60 },
      differs: {
        page: { celsius: 23.89, humidity: 60 },
        why: 'Int by Int is Int in the table of the operator; as a Decimal it had 34 digits, and not two',
      },
    },
    {
      sql: `SET @device_sensor_data = device1.deviceData.sensors SELECT @device_sensor_data.temp_fahrenheit AS temp_fahrenheit,
        @device_sensor_data.humidity as humidity, device1.deviceData.location as location FROM 'device/data'`,
      payload: WEATHER,
      output: { temp_fahrenheit: 75, humidity: 60, location: [47.606, -122.332] },
    },
    {
      sql: "SET @a = x, @b = @a + 1 SELECT (SELECT VALUE v + @b FROM list) AS sums FROM 't' WHERE @b > 1",
      payload: { x: 1, list: [{ v: 1 }, { v: 2 }] },
      output: { sums: [3, 4] },
      templates: { '${@b}/${@a}': '2/1' },
    },
    { sql: "SET @a = 1, @a = 2 SELECT @a AS v FROM 't'", outcome: 'refused' },
    { sql: "SET @a = 1 SET @b = 2 SELECT @a AS v FROM 't'", outcome: 'refused' },
    { sql: `SET @${'x'.repeat(64)} = 1 SELECT @${'x'.repeat(64)} AS v FROM 't'`, output: { v: 1 } },
    { sql: `SET @${'x'.repeat(65)} = 1 SELECT 1 AS v FROM 't'`, outcome: 'refused' },
  ],
}

const VERSIONS: Page = {
  source: 'iot-rule-sql-version',
  statements: [
    { sql: "SELECT VALUE arr FROM 'topic'", payload: { a: { b: 'c' }, arr: [1, 2, 3, 4] }, output: [1, 2, 3, 4] },
  ],
}

const BINARY: Page = {
  source: 'binary-payloads',
  statements: [
    { sql: "SELECT * FROM 'topic/subtopic'", payload: 'raw:\u0000binary', output: 'AGJpbmFyeQ==' },
    {
      sql: "SELECT * FROM 'topic/subtopic' WHERE timestamp() % 12 = 0",
      payload: 'raw:\u0000binary',
      message: { timestampMs: 24 },
      output: 'AGJpbmFyeQ==',
    },
    {
      sql: "SELECT * FROM 'topic/subtopic' WHERE timestamp() % 12 = 0",
      payload: 'raw:\u0000binary',
      message: { timestampMs: 25 },
      outcome: 'filtered',
    },
    {
      sql: "SELECT *, principal() as principal, timestamp() as time FROM 'topic/subtopic'",
      payload: 'raw:',
      message: { principal: 'p', timestampMs: 5 },
      output: { principal: 'p', time: 5 },
    },
    {
      sql: "SELECT encode(*, 'base64') AS data, timestamp() AS ts FROM 'topic/subtopic'",
      payload: 'raw:\u0000binary',
      message: { timestampMs: 5 },
      output: { data: 'AGJpbmFyeQ==', ts: 5 },
    },
    {
      sql: "SELECT * FROM 'topic/subtopic' WHERE device_type = 'thermostat'",
      payload: 'raw:\u0000',
      outcome: 'filtered',
    },
    {
      sql: "SELECT * FROM 'topic/subtopic' WHERE device_type = 'thermostat'",
      payload: { device_type: 'thermostat' },
      output: { device_type: 'thermostat' },
    },
    {
      sql: "SELECT * FROM 'topic/subtopic'",
      payload: { device_id: 'd1' },
      output: { device_id: 'd1' },
      templates: { 'device/${device_id}': 'device/d1' },
    },
    {
      sql: "SELECT decode(encode(*, 'base64'), 'base64') AS payload FROM 'topic'",
      payload: 'raw:some text',
      output: { payload: 'some text' },
    },
  ],
}

const TEMPLATES: Page = {
  source: 'iot-substitution-templates',
  statements: [
    {
      sql: "SELECT *, timestamp() AS timestamp FROM 'my/iot/topic'",
      topic: 'my/iot/topic',
      payload: SENSOR,
      message: { timestampMs: 1579637878451 },
      output: { ...SENSOR, timestamp: 1579637878451 },
      templates: {
        '${topic()}/republish': 'my/iot/topic/republish',
        '${coords.latitude}': '47.615694',
        '${coords}': '{"latitude":47.615694,"longitude":-122.3359976}',
        '${floor(timestamp() / 1E3)}': '1579637878',
        '${(timestamp() % 1E3) * 1E6}': '451000000',
        '${cast(topic(2) AS DECIMAL)}|${missing}': '|',
        "${parse_time('yyyy', timestamp(), 'UTC')}": '2020',
        '${topic()}/${timestamp()}': 'my/iot/topic/1579637878451',
        "${replace(topic(), '/', '-') + '-' + timestamp()}": 'my-iot-topic-1579637878451',
        "${get({'a': '}'}, 'a')}": '}',
        '$$aws/things/${deviceid}/shadow/update': '$aws/things/iot123/shadow/update',
      },
    },
  ],
}

const REPUBLISH: Page = {
  source: 'dynamodb-v2-rule-action',
  statements: [{ sql: "SELECT * AS message FROM 'some/topic'", payload: RED, output: { message: RED } }],
}

export const CLAUSES: readonly Page[] = [
  ...[SELECT, FROM_FILTERS, WHERE, JSON_EXTENSIONS, CASE, LITERALS, NESTED, SET, VERSIONS, BINARY, TEMPLATES],
  REPUBLISH,
]
