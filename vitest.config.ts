import { defineConfig } from 'vitest/config'

/** Files that change what all files of a process share, or that watch it: each runs in a process of its own. The others share theirs, which loads the packages once. */
const APART = [
  'test/{e2e,packaging,examples,docs}/**/*.test.ts',
  'test/local/{lambda,runtime}/**/*.test.ts',
  'test/{local/durable,functions/review}/**/*.test.ts',
  'test/local/resources/custom-resource.test.ts',
  'test/local/template/assembly.test.ts',
  'test/cli/**/*.test.ts',
  'test/functions/conscience/conscience.test.ts',
  'test/functions/api/deployed.test.ts',
]
const NOT_HERE = ['test/interop/**', 'test/browser/**', 'test/aws/aws.test.ts', 'node_modules/**']

export default defineConfig({
  test: {
    testTimeout: 60_000,
    hookTimeout: 120_000,
    projects: [
      { extends: true, test: { name: 'apart', include: APART, exclude: NOT_HERE } },
      {
        extends: true,
        test: { name: 'together', include: ['test/**/*.test.ts'], exclude: [...NOT_HERE, ...APART], isolate: false },
      },
    ],
  },
})
