/** Who made a request. `arn` is what AWS would name in an error: for a role, its assumed-role session. */
export type Caller =
  | { readonly kind: 'role'; readonly arn: string; readonly roleArn: string; readonly roleName: string }
  | { readonly kind: 'developer'; readonly arn: string }

export interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string
}
