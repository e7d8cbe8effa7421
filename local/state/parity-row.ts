/**
 * One fact about a service of AWS and what the local runtime makes of it. `honoured`: as documented. `chosen`: AWS is silent or says two
 * things. `differs`: otherwise than on AWS. `missing`: not there, and told when it is used.
 */
export interface ServiceParityRow {
  readonly feature: string
  readonly state: 'honoured' | 'chosen' | 'differs' | 'missing'
  readonly source: string
  readonly note?: string
}
