import type { StatesExecution } from './execution-store.ts'

/** https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html; times in milliseconds. */
export function executionStatusEvent(execution: StatesExecution) {
  const { arn, machineArn, name, status, startedAtMs, stoppedAtMs, input, output, error, cause } = execution
  return {
    source: 'aws.states',
    detailType: 'Step Functions Execution Status Change',
    resources: [arn],
    detail: {
      executionArn: arn,
      stateMachineArn: machineArn,
      name,
      status,
      startDate: startedAtMs,
      stopDate: stoppedAtMs ?? null,
      input,
      inputDetails: { included: true },
      output: output ?? null,
      outputDetails: output === undefined ? null : { included: true },
      error: error ?? null,
      cause: cause ?? null,
    },
  }
}
