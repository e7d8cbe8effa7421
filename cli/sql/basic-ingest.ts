/** `$aws/rules/<rule>/<topic>`: https://docs.aws.amazon.com/iot/latest/developerguide/iot-basic-ingest.html */
const BASIC_INGEST = /^\$aws\/rules\/([^/]+)(?:\/(.*))?$/s

/** The rule that a topic names, if it is one of Basic Ingest, and the topic as the rule sees it. */
export function splitBasicIngest(topic: string): { readonly ruleName: string | undefined; readonly visible: string } {
  const [, ruleName, rest = ''] = BASIC_INGEST.exec(topic) ?? []
  return { ruleName, visible: ruleName === undefined ? topic : rest }
}
