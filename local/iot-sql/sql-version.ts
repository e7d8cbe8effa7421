/** https://docs.aws.amazon.com/iot/latest/developerguide/iot-rule-sql-version.html */
export const SQL_VERSIONS = ['2015-10-08', '2016-03-23'] as const
export type SqlVersion = (typeof SQL_VERSIONS)[number]
/** Another name of the newest version: what else it has is not documented, and may change. */
export const BETA_VERSION = 'beta'

/** What a rule without AwsIotSqlVersion gets. https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-iot-topicrule-topicrulepayload.html */
export const DEFAULT_SQL_VERSION: SqlVersion = '2015-10-08'
/** The first version with literals, nested queries and the functions that carry it. */
export const SECOND_VERSION: SqlVersion = '2016-03-23'
