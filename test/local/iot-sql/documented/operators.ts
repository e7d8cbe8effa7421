import type { Page } from './documented-case.ts'

const U = undefined

const LOGICAL = [
  ['true AND true', true],
  ['true AND false', false],
  ["'TRUE' AND true", true],
  ["'true' AND 'false'", false],
  ["'yes' AND true", U],
  ['i AND true', U],
  ['z AND true', U],
  ['true AND missing', U],
  ['false OR true', true],
  ['false OR false', false],
  ["'False' OR 'True'", true],
  ["'no' OR true", U],
  ['a OR true', U],
  ['NOT true', false],
  ['NOT false', true],
  ["NOT 'TRUE'", false],
  ["NOT 'x'", U],
  ['NOT o', U],
] as const

const ORDER = [
  ['i > d', true],
  ['d >= 2.5', true],
  ["'10' > '9'", true],
  ['n < i', true],
  ["i <= '7'", true],
  ['s > i', U],
  ['b >= i', U],
  ['a < i', U],
  ['z <= i', U],
  ['missing > i', U],
] as const

const EQUALITY = [
  ['i = 7', true],
  ['i <> 7', false],
  ['i = 7.0', true],
  ['d = 2.5', true],
  ['d <> 2.4', true],
  ["s = 'x'", true],
  ["s <> 'y'", true],
  ['[1, 2] = a', true],
  ['[2, 1] = a', false],
  ['[2, 1] <> a', true],
  ["{'k': 1} = o", true],
  ["{'x': 1, 'y': 2} = {'y': 2, 'x': 1}", true],
  ["{'k': 2} <> o", true],
  ['null <> null', false],
  ['z = null', true],
  ['i = missing', U],
  ['missing <> i', U],
  ["i = '7'", false],
  ["i <> '7'", true],
  ['b = s', false],
  ['a <> o', true],
] as const

const ARITHMETIC = [
  ["'x' + i", 'x7'],
  ["i + 'x'", '7x'],
  ['s + b', 'xtrue'],
  ['s + a', 'x[1,2]'],
  ['i + 1', 8],
  ['i + d', 9.5],
  ['i + b', U],
  ['a + a', U],
  ['i - 10', -3],
  ['i - d', 4.5],
  ["'9' - n", 6.5],
  ['s - i', U],
  ['b - i', U],
  ['i * 3', 21],
  ['i * d', 17.5],
  ["n * '2'", 5],
  ['o * i', U],
  ['8 / 2', 4],
  ['i / 2', 3],
  ['i / d', 2.8],
  ["'5' / d", 2],
  ['s / i', U],
  ['i % 4', 3],
  ["'8' % 3", 2],
  ['d % 2', 0.5],
  ['s % 2', U],
  ['z % 2', U],
] as const

const HETEROGENEOUS = { arr: [1, 2, 3, 'three', 5.7, null] }
const OBJECTS = { foo: 4, bar: 5, e: [{ foo: 1 }, { foo: 2 }] }

export const OPERATORS: Page = {
  source: 'iot-sql-operators',
  expressions: [
    ...LOGICAL,
    ...ORDER,
    ...EQUALITY,
    ...ARITHMETIC,
    ['2 IN a', true],
    ['3 IN a', false],
    ["'three' IN [1, 'three']", true],
    ["{'k': 1} IN [o]", true],
    ['[1, 2] IN [a]', true],
    ['1 IN o', U],
  ],
  statements: [
    { sql: "select * from 'a/b' where 3 in arr", payload: HETEROGENEOUS, output: HETEROGENEOUS },
    { sql: "select * from 'a/b' where 4 in arr", payload: HETEROGENEOUS, outcome: 'filtered' },
    {
      sql: "select * from 'a/b' where exists (select * from arr as a where a = 3)",
      payload: HETEROGENEOUS,
      output: HETEROGENEOUS,
    },
    {
      sql: "select * from 'a/b' where exists (select * from e as e where foo = 2)",
      payload: OBJECTS,
      output: OBJECTS,
    },
    {
      sql: "select * from 'a/b' where exists (select * from e as e where foo = 3)",
      payload: OBJECTS,
      outcome: 'filtered',
    },
  ],
}
