import type { Command } from 'commander'
import { DEFAULT_ROOT, TOPIC_KEYS, topicDefinition, topicTemplate } from '#contract/index.ts'
import type { Terminal } from './terminal.ts'

/** `bridge topics`: the contract's topics as a table. */
export function topicsCommand(program: Command, terminal: Terminal): void {
  program
    .command('topics')
    .description('list the topics of the contract: direction, QoS, whether answered, and the function behind it')
    .option('--root <root>', 'root of the topics', DEFAULT_ROOT)
    .option('--json', 'one line of JSON a topic')
    .action(({ root, json }: { root: string; json?: boolean }) => {
      const rows = TOPIC_KEYS.map((key) => {
        const { direction, qos, handledBy, workflow, reply } = topicDefinition(key)
        return {
          topic: topicTemplate(root, key),
          direction,
          qos,
          answered: reply !== undefined,
          handledBy: workflow ? `workflow ${workflow}` : (handledBy ?? null),
        }
      })
      const width = Math.max(...rows.map(({ topic }) => topic.length))
      for (const row of rows) {
        const { topic, direction, qos, answered, handledBy } = row
        const line = `${topic.padEnd(width)}  ${direction.padEnd(8)}  QoS ${qos}  ${answered ? 'request' : '       '}  ${handledBy ?? ''}`
        terminal.result(json ? JSON.stringify(row) : line.trimEnd())
      }
    })
}
