import { createHash } from 'node:crypto'
import { ApiError } from '../../aws-api/index.ts'
import { certificateIdOf, readCertificate } from './certificates.ts'
import { bodyText, type Call, found, type Operation, onlyKnown, parameter, queryFlag } from './operation.ts'

/** Authorities whose client certificates may be registered. https://docs.aws.amazon.com/iot/latest/developerguide/register-CA-cert.html */
export const CERTIFICATE_AUTHORITY_OPERATIONS: readonly Operation[] = [
  {
    method: 'GET',
    path: '/registrationcode',
    action: 'iot:GetRegistrationCode',
    resources: () => ['*'],
    run: (call) => ({ registrationCode: registrationCode(call) }),
  },
  {
    method: 'POST',
    path: '/cacertificate',
    action: 'iot:RegisterCACertificate',
    resources: () => ['*'],
    run: registerAuthority,
  },
  {
    method: 'GET',
    path: '/cacertificate/{authority}',
    action: 'iot:DescribeCACertificate',
    resources: (call) => [`cacert/${parameter(call, 'authority')}`],
    run(call) {
      const id = parameter(call, 'authority')
      const { arn, pem, status, createdAtSeconds } = found(call.registry.authorities.get(id), 'authority', id)
      return {
        certificateDescription: {
          certificateArn: arn,
          certificateId: id,
          certificatePem: pem,
          status,
          creationDate: createdAtSeconds,
        },
      }
    },
  },
]

/** One for each account, as on AWS: the same at every start. */
function registrationCode({ arnPrefix }: Call): string {
  return createHash('sha256').update(`registration code of ${arnPrefix}`).digest('hex')
}

/** Without SNI_ONLY, who registers must show the key: by a certificate of the authority that names the registration code. */
function registerAuthority(call: Call) {
  onlyKnown(call, 'RegisterCACertificate', ['caCertificate', 'verificationCertificate', 'certificateMode', 'tags'])
  const certificate = readCertificate(bodyText(call, 'caCertificate'))
  const refuse = (reason: string) => new ApiError('CertificateValidationException', 400, reason)
  if (!certificate.ca) throw refuse('the certificate is not that of an authority')
  if (call.body.certificateMode !== 'SNI_ONLY') {
    const verification = readCertificate(bodyText(call, 'verificationCertificate'))
    if (!verification.verify(certificate.publicKey)) {
      throw refuse('the verification certificate is not signed by the authority')
    }
    if (!verification.subject.split('\n').includes(`CN=${registrationCode(call)}`)) {
      throw refuse('the verification certificate does not name the registration code as common name')
    }
  }
  const certificateId = certificateIdOf(certificate)
  const arn = `${call.arnPrefix}:cacert/${certificateId}`
  if (call.registry.authorities.has(certificateId)) {
    const known = { resourceId: certificateId, resourceArn: arn }
    throw new ApiError('ResourceAlreadyExistsException', 409, 'the authority is registered already', known)
  }
  call.registry.authorities.set(certificateId, {
    certificateId,
    arn,
    pem: certificate.toString(),
    status: queryFlag(call, 'setAsActive') ? 'ACTIVE' : 'INACTIVE',
    createdAtSeconds: Math.floor(call.nowMs() / 1_000),
  })
  return { certificateArn: arn, certificateId }
}
