export { type CertificateOptions, type CertificateSet, ensureCertificates } from './ensure-certificates.ts'
export { issueCertificate, type KeyedCertificate } from './issue.ts'
