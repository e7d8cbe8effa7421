/** What a folder or a file may import beside its own files. `*` stands for one path segment, `/**` at the end for anything below. */
interface Row {
  /** Of ours, as import specifiers. */
  ours: readonly string[]
  packages: readonly string[]
  /** Node's own modules. */
  node: readonly string[]
}

/** The longest entry that a path begins with counts. `test`, `bench` and `examples` may import anything. */
export const IMPORT_TABLE: Readonly<Record<string, Row>> = {
  asyncapi: { ours: ['#contract/index.ts'], packages: ['zod'], node: [] },
  'bin/app.ts': { ours: ['#lib/index.ts'], packages: ['aws-cdk-lib', 'cdk-nag'], node: ['node:path', 'node:url'] },
  'bin/bridge.ts': { ours: ['#cli/index.ts'], packages: [], node: ['node:path', 'node:url'] },
  'bin/build-package.ts': {
    ours: [],
    packages: ['esbuild', 'oxc-parser'],
    node: ['node:child_process', 'node:fs', 'node:path', 'node:url'],
  },
  'bin/cost.ts': { ours: ['#cli/cost/index.ts'], packages: [], node: ['node:fs'] },
  'bin/link.js': { ours: [], packages: [], node: ['node:fs'] },
  'bin/parity.ts': { ours: ['#local/parity/index.ts'], packages: [], node: ['node:fs'] },
  'bin/topics.ts': { ours: ['#asyncapi/index.ts'], packages: [], node: ['node:fs', 'node:path'] },
  'bin/warm-up.ts': { ours: [], packages: ['aws-cdk-lib', 'aws-cdk-lib/**', 'esbuild'], node: ['node:fs'] },
  cli: {
    ours: [
      '#asyncapi/index.ts',
      '#contract/index.ts',
      '#correlation/index.ts',
      '#device/index.ts',
      '#edge/index.ts',
      '#functions/conscience/rules.ts',
      '#keys/index.ts',
      '#local/check/index.ts',
      '#local/index.ts',
      '#local/iot-policy/index.ts',
      '#local/iot-sql/index.ts',
      '#local/trace/hop.ts',
    ],
    packages: [
      '@aws-crypto/sha256-js',
      '@aws-sdk/client-cloudwatch-logs',
      '@aws-sdk/client-dynamodb',
      '@aws-sdk/client-iot',
      '@aws-sdk/client-iot-data-plane',
      '@aws-sdk/client-lambda',
      '@aws-sdk/client-secrets-manager',
      '@aws-sdk/client-sfn',
      '@aws-sdk/client-sqs',
      '@aws-sdk/util-dynamodb',
      '@smithy/signature-v4',
      'chokidar',
      'commander',
      'hdr-histogram-js',
      'jsonwebtoken',
      'picocolors',
      'vite',
      'zod',
    ],
    node: ['node:*', 'node:*/**'],
  },
  // the page: in a browser
  console: {
    ours: ['#cli/console/wire.ts', '#contract/topic-filter.ts'],
    packages: ['preact', 'preact/hooks', 'uplot', 'uplot/dist/uPlot.min.css'],
    node: [],
  },
  contract: { ours: [], packages: ['zod'], node: [] },
  correlation: {
    ours: ['#contract/index.ts'],
    packages: ['@aws-sdk/client-dynamodb', '@aws-sdk/util-dynamodb'],
    node: ['node:crypto'],
  },
  device: { ours: ['#contract/index.ts'], packages: ['mqtt', 'zod'], node: [] },
  // loaded in Node alone: browser.ts reaches none of them
  'device/configuration': { ours: ['#contract/index.ts'], packages: ['zod'], node: ['node:fs'] },
  'device/outbox/sqlite-queue-store.ts': { ours: [], packages: [], node: ['node:sqlite'] },
  'device/transport/secure-contexts.ts': { ours: [], packages: [], node: ['node:tls'] },
  'device/transport/node-platform.ts': {
    ours: ['#contract/index.ts'],
    packages: ['mqtt'],
    node: ['node:fs', 'node:net'],
  },
  edge: {
    ours: ['#contract/index.ts', '#device/index.ts'],
    packages: ['@fastify/swagger', '@fastify/swagger-ui', 'fastify', 'fastify-type-provider-zod', 'prom-client', 'zod'],
    node: ['node:*', 'node:*/**'],
  },
  functions: {
    ours: ['#contract/index.ts', '#correlation/index.ts', '#keys/index.ts'],
    // aws-lambda: types only
    packages: [
      '@aws/durable-execution-sdk-js',
      '@aws-lambda-powertools/*',
      '@aws-sdk/*',
      '@middy/*',
      '@middy/core/DurableContext',
      'aws-lambda',
      'jsonwebtoken',
      'jsonwebtoken/verify.js',
      'minisearch',
      'zod',
    ],
    node: ['node:*', 'node:*/**'],
  },
  keys: { ours: ['#contract/index.ts'], packages: [], node: ['node:crypto'] },
  lib: {
    // names of variables, keys, files and metrics, and the check of the rules file; the functions themselves go by file path
    ours: [
      '#contract/index.ts',
      '#functions/*/env.ts',
      '#functions/conscience/rules.ts',
      '#functions/shared/settings.ts',
    ],
    packages: ['aws-cdk-lib', 'aws-cdk-lib/**', 'constructs', 'esbuild', 'zod'],
    node: ['node:*', 'node:*/**'],
  },
  local: {
    ours: ['#contract/topic-filter.ts', '#contract/trace-context.ts'],
    packages: [
      '@js-joda/*',
      '@peculiar/x509',
      'aws-local-stepfunctions',
      'chevrotain',
      'decimal.js',
      'dynalite',
      'jsonwebtoken',
      'mqtt-packet',
      'protobufjs',
      'protobufjs/**',
      're2js',
      'reflect-metadata',
      'ws',
    ],
    node: ['node:*', 'node:*/**'],
  },
}
