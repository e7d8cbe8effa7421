import { expect, test } from 'vitest'
import { firstProblem } from '../../../cli/watch/first-problem.ts'

const PROJECT = '/home/me/bridge'

test.each([
  [
    'of a bundle',
    `Error: Build failed with 2 errors:
functions/api/handler.ts:12:3: ERROR: Expected ";" but found "}"
functions/api/handler.ts:15:1: ERROR: Unexpected "}"
    at failureErrorWithLog (${PROJECT}/node_modules/esbuild/lib/main.js:1467:15)`,
    { problem: 'Expected ";" but found "}"', place: 'functions/api/handler.ts:12:3' },
  ],
  [
    'of a file that cannot be read as code',
    `file://${PROJECT}/contract/limits.ts:7
export const REQUEST_LIMITS = {{
                               ^

SyntaxError [ERR_INVALID_TYPESCRIPT_SYNTAX]: Unexpected token
    at parseTypeScript (node:internal/modules/typescript:68:40)`,
    {
      problem: 'SyntaxError [ERR_INVALID_TYPESCRIPT_SYNTAX]: Unexpected token',
      place: 'contract/limits.ts:7',
    },
  ],
  [
    'of an export that is not there',
    `file://${PROJECT}/lib/settings.ts:3
import { nothing } from '#contract/index.ts'
         ^^^^^^^
SyntaxError: The requested module '#contract/index.ts' does not provide an export named 'nothing'
    at ModuleJob._instantiate (node:internal/modules/esm/module_job:180:21)`,
    {
      problem: "SyntaxError: The requested module '#contract/index.ts' does not provide an export named 'nothing'",
      place: 'lib/settings.ts:3',
    },
  ],
  [
    'that is thrown, with the first place that is ours',
    `${PROJECT}/node_modules/aws-cdk-lib/core/lib/x.js:1
TypeError: settings.fleet is not iterable
    at App.call (${PROJECT}/node_modules/aws-cdk-lib/core/lib/x.js:1:22)
    at new Fleet (file://${PROJECT}/lib/constructs/fleet.ts:30:9)`,
    { problem: 'TypeError: settings.fleet is not iterable', place: 'lib/constructs/fleet.ts:30:9' },
  ],
  [
    'with a code of ours, whose place says nothing',
    `file://${PROJECT}/contract/errors.ts:120
BridgeError: the fleet file is not valid: role "agent": it grants no topic of the contract
    at bridgeError (file://${PROJECT}/contract/errors.ts:120:10) {
  code: 'fleet_invalid',
  details: {}
}`,
    { problem: 'BridgeError: the fleet file is not valid: role "agent": it grants no topic of the contract' },
  ],
  [
    'of the runtime',
    'Resources.Rule: AWS::IoT::TopicRule could not be updated: rule r: line 1, column 8: expected a value',
    {
      problem: 'Resources.Rule: AWS::IoT::TopicRule could not be updated: rule r: line 1, column 8: expected a value',
    },
  ],
  ['of words without any error in them', '\nkilled\n', { problem: 'killed' }],
])('the first problem %s', (_, words, expected) => {
  expect(firstProblem(words, PROJECT)).toEqual(expected)
})
