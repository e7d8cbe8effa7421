/**
 * Times and sizes of a request and of a token. Where a number is AWS's, its page is named; the others are ours, and lib/
 * takes them from here.
 */

/** One request through the system. */
export const REQUEST_LIMITS = {
  /** Counted from the broker's timestamp; an older request is answered with deadline_exceeded and not run. */
  deadlineMs: 30_000,
  functionTimeoutSeconds: 10,
  /** The lease of a claim outlives the function by this much. */
  leaseMarginMs: 2_000,
  correlationKeptSeconds: 24 * 60 * 60,
  /** Envelope included; the payload limit of IoT Core. https://docs.aws.amazon.com/general/latest/gr/iot-core.html */
  maxReplyBytes: 128 * 1024,
} as const

/**
 * How Lambda's queue treats an invocation. Its own repeats come after one and two minutes: too late for a request, which the device
 * repeats instead. A request waits no longer than the lowest age Lambda takes; an outcome as long as the publisher's
 * repeats need, and is not sent hours late. https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
 */
export const ASYNCHRONOUS_LIMITS = {
  request: { retries: 0, maximumEventAgeSeconds: 60 },
  workflowStart: { retries: 2, maximumEventAgeSeconds: 5 * 60 },
  event: { retries: 2, maximumEventAgeSeconds: 6 * 60 * 60 },
  publisher: { retries: 2, maximumEventAgeSeconds: 10 * 60 },
} as const

/**
 * An HTTP caller that waits for a device. API Gateway ends a request after 30 s; the record is read in growing pauses.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
 */
export const HTTP_WAIT = {
  /** Counted from when API Gateway took the request. */
  longestMs: 29_000,
  firstPauseMs: 100,
  pauseGrowth: 1.5,
  longestPauseMs: 2_000,
  /** With these pauses: the most reads of one request, the last one included. */
  reads: 21,
} as const

/** One request of the cloud to a device. */
export const DEVICE_REQUEST_LIMITS = {
  defaultDeadlineSeconds: 30,
  /** As long as IoT Core keeps messages for a session that is away. https://docs.aws.amazon.com/general/latest/gr/iot-core.html */
  maxDeadlineSeconds: 7 * 24 * 60 * 60,
  /** How far a device that keeps telling of its progress moves the deadline, from the request on. */
  defaultLongestWaitSeconds: 60 * 60,
  /** Of a durable callback id. https://docs.aws.amazon.com/lambda/latest/api/API_SendDurableExecutionCallbackSuccess.html */
  maxCallbackIdCharacters: 1_024,
  /** https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskSuccess.html */
  maxTaskTokenCharacters: 2_048,
} as const

/** A request that a workflow answers. Its sender waits long anyway, so Lambda's repeats are in time to start the workflow. */
export const WORKFLOW_LIMITS = {
  /** Counted from the broker's timestamp; an older request is answered with deadline_exceeded and starts nothing. */
  startDeadlineMs: 5 * 60 * 1_000,
  /** How long a workflow waits for the decision of a person, unless the deployment says otherwise. */
  decisionSeconds: 60 * 60,
  /** A workflow ends this much after the last decision it waits for at the latest; then it has timed out. */
  executionMarginSeconds: 15 * 60,
  /** A request stays with a workflow that says nothing for this much longer; then a repeat may start it again. */
  runningMarginSeconds: 15 * 60,
  /** What Lambda gives up is held back this long: EventBridge, which knows why an execution ended, speaks first. */
  deadLetterDelaySeconds: 60,
  /** How long the service keeps the steps of an execution that has ended. */
  historyKeptDays: 7,
  /** The longest name of an execution that both engines take. https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html */
  executionNameCharacters: 64,
} as const

/**
 * How old, by the broker's time, a request may be: when it is run (older: answered with deadline_exceeded), when Lambda's queue hands it
 * over at the latest, and when its outcome is published at the latest. What is older than those two was put back by hand, and nobody
 * waits for it any more: nothing is said. The answer of a workflow has a time of its own.
 */
export interface AnswerableMs {
  readonly run: number
  readonly taken: number
  readonly published: number
}

/** Of what is answered by its handler, and of what a workflow answers. */
export const ANSWERABLE_MS: Readonly<Record<'request' | 'workflow', AnswerableMs>> = {
  request: /* @__PURE__ */ answerableMs(REQUEST_LIMITS.deadlineMs, ASYNCHRONOUS_LIMITS.request.maximumEventAgeSeconds),
  workflow: /* @__PURE__ */ answerableMs(
    WORKFLOW_LIMITS.startDeadlineMs,
    ASYNCHRONOUS_LIMITS.workflowStart.maximumEventAgeSeconds,
  ),
}

function answerableMs(run: number, queuedSeconds: number): AnswerableMs {
  const taken = run + queuedSeconds * 1_000
  return { run, taken, published: taken + ASYNCHRONOUS_LIMITS.publisher.maximumEventAgeSeconds * 1_000 }
}

/** Until when the publisher sends what is handed to it now: as long as its repeats need. */
export function publishedUntilMs(nowMs: number): number {
  return nowMs + ASYNCHRONOUS_LIMITS.publisher.maximumEventAgeSeconds * 1_000
}

/** Tokens and the connections they open. */
export const TOKEN_LIMITS = {
  defaultLifetimeSeconds: 300,
  clockToleranceSeconds: 5,
  /** https://docs.aws.amazon.com/iot/latest/apireference/API_TestInvokeAuthorizer.html */
  maxCharacters: 6_144,
  /** The range of the service: a connection can outlive its token, never the other way round. https://docs.aws.amazon.com/iot/latest/developerguide/custom-auth-lambda.html */
  minConnectionSeconds: 300,
  maxConnectionSeconds: 86_400,
  minSecretBytes: 32,
} as const

/** Keys that tokens are signed with. */
export const KEY_LIMITS = {
  /** How long issuers and verifiers keep what they read of a secret. */
  cachedSeconds: 300,
  /** A new issuer key signs this much after `cachedSeconds`: time for its rotation to end, and for verifiers whose read failed to try again. */
  announcedMarginSeconds: 60,
  /** After the previous key has signed its last token, it is taken for the longest lifetime of a token and this: clocks differ. */
  graceMarginSeconds: 10,
  /** A read that failed is not tried again within this, whoever asks. */
  refetchPauseSeconds: 10,
  /** What was read of a secret or a key document is used this much longer while it cannot be read again. Then nobody gets in. */
  staleSeconds: 60 * 60,
  /** Of the key document of an identity provider. */
  jwksTimeoutMs: 1_500,
  jwksMaxBytes: 64 * 1024,
  jwksMaxKeys: 32,
  /** A key that its provider has withdrawn is out of use after this, and after `staleSeconds` more while the provider does not answer. */
  jwksCachedSeconds: 60 * 60,
  /** One read of the document in this time, whatever key ids are asked for. */
  jwksPauseSeconds: 30,
  /** An id that the document did not have is not looked for again within this. */
  jwksUnknownSeconds: 60,
} as const
