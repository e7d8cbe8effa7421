import type { DocumentedExpression, Page } from './documented-case.ts'

const U = undefined
const PRINCIPAL = 'ba67293af50bf2506f5f93469686da660c7c844e7b3950bfb16813e0d31e9373'

const COLLECTIONS: DocumentedExpression[] = [
  ['concat()', U],
  // the page has "1" here and the argument itself in its table
  ['concat(1)', 1],
  ['concat(a)', [1, 2]],
  ['concat([1, 2, 3], 4)', [1, 2, 3, 4]],
  ['concat([1, 2, 3], "hello")', [1, 2, 3, 'hello']],
  ['concat("con", "cat")', 'concat'],
  ['concat(1, "hello")', '1hello'],
  ['concat("he","is","man")', 'heisman'],
  ['concat([1, 2, 3], "hello", [4, 5, 6])', [1, 2, 3, 'hello', 4, 5, 6]],
  ['concat("x", o)', 'x{"k":1}'],
  ['concat("x", b, d)', 'xtrue2.5'],
  ['get(["a", "b", "c"], 1)', 'b'],
  ['get({"a":"b"}, "a")', 'b'],
  // an index counts from 0; the guide of 2022 has "a" here
  ['get("abc", 1)', 'b'],
  ['get("abc", 0)', 'a'],
  ['get("abc", 3)', U],
  ['get("abc", -1)', U],
  ['get(a, 2)', U],
  ['get(a, -1)', U],
  ['get(a, "1")', 2],
  ['get(a, s)', U],
  ['get(a, z)', U],
  ['get(o, "k")', 1],
  ['get(o, "other")', U],
  ['get(o, 1)', U],
  ['get(i, 0)', U],
  ['get(z, 0)', U],
  ['isNull(5)', false],
  ['isNull(Null)', true],
  ['isNull(d)', false],
  ['isNull(b)', false],
  ['isNull(s)', false],
  ['isNull(a)', false],
  ['isNull(o)', false],
  ['isNull(missing)', false],
  ['isUndefined(5)', false],
  ['isUndefined(floor([1,2,3]))', true],
  ['isUndefined(d)', false],
  ['isUndefined(b)', false],
  ['isUndefined(s)', false],
  ['isUndefined(a)', false],
  ['isUndefined(o)', false],
  ['isUndefined(z)', false],
  ['isUndefined(missing)', true],
  ['Nanvl(8, 3)', 8],
  ['nanvl(missing, 3)', 3],
  ['nanvl(z, 3)', 3],
  ['nanvl(d, 3)', 2.5],
  ['nanvl(s, 3)', 'x'],
  ['get_or_default(i, "none")', 7],
  ['get_or_default(z, "none")', 'none'],
  ['get_or_default(missing, "none")', 'none'],
  ['get_or_default(missing)', U],
  ['get_or_default(z)', U],
  ['get_or_default(missing, z)', null],
]

const TIMES = [
  ['time_to_epoch("2020-04-03 09:45:18 UTC+01:00", "yyyy-MM-dd HH:mm:ss VV")', 1585903518000],
  ['time_to_epoch("18 December 2015", "dd MMMM yyyy")', 1450396800000],
  ['time_to_epoch("2007-12-03 10:15:30.592 America/Los_Angeles", "yyyy-MM-dd HH:mm:ss.SSS z")', 1196705730592],
  [`parse_time("yyyy.MM.dd G 'at' HH:mm:ss z", 100000000, 'America/Belize')`, '1970.01.01 AD at 21:46:40 CST'],
  [`parse_time("yyyy.MM.dd G 'at' HH:mm:ss z", 1497028786000)`, '2017.06.09 AD at 17:19:46 UTC'],
  ["parse_time('yyyy', 1497028786000, 'UTC')", '2017'],
] as const

const ENCODED = { encoded_temp: 'eyAidGVtcGVyYXR1cmUiOiAzMyB9Cg==' }
const VALUES = { attributes: { data1: 1, data2: 2 }, values: [{ a: 3 }, { b: 4 }, { c: 5 }] }
const NESTED = {
  data1: 'example',
  data2: {
    a: 'first attribute',
    b: 'second attribute',
    c: [
      { x: { someInt: 5, someString: 'hello' }, y: true },
      { x: { someInt: 10, someString: 'world' }, y: false },
    ],
  },
}
const INGEST_TOPIC = 'Buildings/Building5/Floor2/Room201/Lights'

export const FUNCTIONS: Page = {
  source: 'iot-sql-functions',
  expressions: [...COLLECTIONS, ...TIMES],
  statements: [
    { sql: "SELECT accountid() AS v FROM 't'", message: { accountId: '123456789012' }, output: { v: '123456789012' } },
    { sql: "SELECT clientid() AS v FROM 't'", message: { clientId: '123456789012' }, output: { v: '123456789012' } },
    { sql: "SELECT clientid() AS v FROM 't'", message: { clientId: 'n/a' }, output: { v: 'n/a' } },
    { sql: "SELECT principal() AS v FROM 't'", message: { principal: PRINCIPAL }, output: { v: PRINCIPAL } },
    { sql: "SELECT sourceip() AS v FROM 't'", message: { sourceIp: '192.158.1.38' }, output: { v: '192.158.1.38' } },
    { sql: "SELECT timestamp() AS v FROM 't'", message: { timestampMs: 1481825251155 }, output: { v: 1481825251155 } },
    {
      sql: "SELECT traceid() AS v FROM 't'",
      message: { traceId: '12345678-1234-1234-1234-123456789012' },
      output: { v: '12345678-1234-1234-1234-123456789012' },
    },
    { sql: "SELECT traceid() AS v FROM 't'", output: {} },
    { sql: "SELECT sql_version() AS v FROM 't'", output: { v: '2016-03-23' } },
    { sql: "SELECT sql_version() AS v FROM 't'", version: '2015-10-08', output: { v: '2015-10-08' } },
    {
      sql: "SELECT topic() AS v FROM '#'",
      topic: 'things/myThings/thingOne',
      output: { v: 'things/myThings/thingOne' },
    },
    { sql: "SELECT topic(1) AS v FROM '#'", topic: 'things/myThings/thingOne', output: { v: 'things' } },
    { sql: "SELECT topic(2) AS v FROM '#'", topic: 'foo/bar/baz', output: { v: 'bar' } },
    {
      sql: "SELECT topic() AS v, topic(3) AS w FROM 'Buildings/#'",
      topic: INGEST_TOPIC,
      output: { v: INGEST_TOPIC, w: 'Floor2' },
    },
    {
      sql: 'SELECT decode(encoded_temp,"base64").temperature AS temp from \'topic/subtopic\'',
      payload: ENCODED,
      output: { temp: 33 },
    },
    { sql: "SELECT decode('aGVsbG8=', 'base64') AS v FROM 't'", output: { v: 'hello' } },
    { sql: "SELECT decode('no base64!', 'base64') AS v FROM 't'", output: { v: null } },
    { sql: "SELECT encode(*, 'base64') AS v FROM 't'", payload: 'raw:hello', output: { v: 'aGVsbG8=' } },
    { sql: "SELECT encode(x, 'base64') AS v FROM 't'", payload: { x: 12.5 }, output: { v: 'MTIuNQ==' } },
    {
      sql: 'select value transform("enrichArray", attributes, values) from \'A/B\'',
      payload: VALUES,
      output: [
        { a: 3, data1: 1, data2: 2 },
        { b: 4, data1: 1, data2: 2 },
        { c: 5, data1: 1, data2: 2 },
      ],
    },
    {
      sql: 'select value transform("enrichArray", {"key": attributes.data1}, values) from \'A/B\'',
      payload: VALUES,
      output: [
        { a: 3, key: 1 },
        { b: 4, key: 1 },
        { c: 5, key: 1 },
      ],
    },
    {
      sql: "select value transform('enrichArray', (select a, b from data2), (select value c from data2)) from 'A/B'",
      payload: NESTED,
      output: NESTED.data2.c.map((one) => ({ ...one, a: 'first attribute', b: 'second attribute' })),
    },
    { sql: "SELECT transform('other', attributes, values) AS v FROM 'A/B'", payload: VALUES, output: {} },
  ],
}
