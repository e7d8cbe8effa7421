export { type CertificateOptions, type CertificateSet, ensureCertificates } from './ensure-certificates.ts'
