/** The one version of the language this engine speaks. https://docs.aws.amazon.com/iot/latest/developerguide/iot-rule-sql-version.html */
export const SQL_VERSION = '2016-03-23'
