import { createPublicKey, X509Certificate } from 'node:crypto'
import { ApiError } from '../../aws-api/index.ts'
import { CERTIFICATE_STATUSES, type Certificate, type CertificateStatus } from '../registry.ts'
import {
  bodyText,
  type Call,
  found,
  invalid,
  type Operation,
  onlyKnown,
  page,
  parameter,
  queryFlag,
} from './operation.ts'

const ofPath = (call: Call) => [`cert/${parameter(call, 'certificate')}`]

/** Client certificates. Those that this account makes are P-256 here, where AWS makes RSA keys. */
export const CERTIFICATE_OPERATIONS: readonly Operation[] = [
  {
    method: 'POST',
    path: '/keys-and-certificate',
    action: 'iot:CreateKeysAndCertificate',
    resources: () => ['*'],
    run: createKeysAndCertificate,
  },
  {
    method: 'POST',
    path: '/certificate/register',
    action: 'iot:RegisterCertificate',
    resources: () => ['*'],
    run: registerCertificate,
  },
  {
    method: 'POST',
    path: '/certificate/register-no-ca',
    action: 'iot:RegisterCertificateWithoutCA',
    resources: () => ['*'],
    run: (call) => {
      onlyKnown(call, 'RegisterCertificateWithoutCA', ['certificatePem', 'status'])
      return register(call, readCertificate(bodyText(call, 'certificatePem')), statusOf(call.body.status, 'ACTIVE'))
    },
  },
  {
    method: 'GET',
    path: '/certificates',
    action: 'iot:ListCertificates',
    resources: () => ['*'],
    run(call) {
      const all = [...call.registry.certificates.values()].sort((one, other) =>
        one.certificateId < other.certificateId ? -1 : 1,
      )
      const { items, next } = page(call, all, { token: 'marker', size: 'pageSize' })
      return { certificates: items.map(summary), nextMarker: next }
    },
  },
  {
    method: 'GET',
    path: '/certificates/{certificate}',
    action: 'iot:DescribeCertificate',
    resources: ofPath,
    run: (call) => ({ certificateDescription: described(ofCall(call)) }),
  },
  {
    method: 'PUT',
    path: '/certificates/{certificate}',
    action: 'iot:UpdateCertificate',
    resources: ofPath,
    run(call) {
      const certificate = ofCall(call)
      const status = statusOf(call.request.query.get('newStatus') ?? undefined)
      call.registry.certificates.set(certificate.certificateId, { ...certificate, status })
    },
  },
  {
    method: 'DELETE',
    path: '/certificates/{certificate}',
    action: 'iot:DeleteCertificate',
    resources: ofPath,
    run: deleteCertificate,
  },
]

/** The service's certificate id: SHA-256 of the DER in hex. */
export function certificateIdOf(certificate: X509Certificate): string {
  return certificate.fingerprint256.replaceAll(':', '').toLowerCase()
}

/** Throws CertificateValidationException for what is no certificate in PEM. */
export function readCertificate(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem)
  } catch {
    throw new ApiError('CertificateValidationException', 400, 'expected a certificate in PEM')
  }
}

function ofCall(call: Call): Certificate {
  const id = parameter(call, 'certificate')
  return found(call.registry.certificates.get(id), 'certificate', id)
}

function statusOf(value: unknown, fallback?: CertificateStatus): CertificateStatus {
  const status = CERTIFICATE_STATUSES.find((one) => one === (value ?? fallback))
  if (status === undefined) throw invalid(`expected a status of ${CERTIFICATE_STATUSES.join(', ')}`)
  return status
}

async function createKeysAndCertificate(call: Call) {
  const { certificate, privateKey } = await call.issueClientCertificate()
  const status = queryFlag(call, 'setAsActive') ? 'ACTIVE' : 'INACTIVE'
  const { certificateArn, certificateId } = register(call, readCertificate(certificate), status)
  const PublicKey = createPublicKey(privateKey).export({ type: 'spki', format: 'pem' })
  return {
    certificateArn,
    certificateId,
    certificatePem: certificate,
    keyPair: { PublicKey, PrivateKey: privateKey },
  }
}

/** Must be signed by a registered and active authority. */
function registerCertificate(call: Call) {
  onlyKnown(call, 'RegisterCertificate', ['certificatePem', 'caCertificatePem', 'status'])
  const certificate = readCertificate(bodyText(call, 'certificatePem'))
  const authority = [...call.registry.authorities.values()].find(
    ({ pem, status }) => status === 'ACTIVE' && certificate.verify(new X509Certificate(pem).publicKey),
  )
  if (!authority) {
    throw new ApiError('CertificateValidationException', 400, 'no registered authority has signed this certificate')
  }
  const fallback = queryFlag(call, 'setAsActive') ? 'ACTIVE' : 'INACTIVE'
  return register(call, certificate, statusOf(call.body.status, fallback), authority.certificateId)
}

function register(call: Call, certificate: X509Certificate, status: CertificateStatus, caCertificateId?: string) {
  const certificateId = certificateIdOf(certificate)
  const arn = `${call.arnPrefix}:cert/${certificateId}`
  if (call.registry.certificates.has(certificateId)) {
    const known = { resourceId: certificateId, resourceArn: arn }
    throw new ApiError('ResourceAlreadyExistsException', 409, 'the certificate is registered already', known)
  }
  call.registry.certificates.set(certificateId, {
    certificateId,
    arn,
    pem: certificate.toString(),
    status,
    ...(caCertificateId !== undefined && { caCertificateId }),
    createdAtSeconds: Math.floor(call.nowMs() / 1_000),
    thingNames: [],
    policyNames: [],
  })
  return { certificateArn: arn, certificateId }
}

function summary({ arn, certificateId, status, createdAtSeconds }: Certificate) {
  return { certificateArn: arn, certificateId, status, creationDate: createdAtSeconds }
}

function described(certificate: Certificate) {
  const { pem, caCertificateId } = certificate
  const { validFromDate, validToDate } = new X509Certificate(pem)
  const seconds = (date: Date) => Math.floor(date.getTime() / 1_000)
  return {
    ...summary(certificate),
    certificatePem: pem,
    caCertificateId,
    validity: { notBefore: seconds(validFromDate), notAfter: seconds(validToDate) },
  }
}

/** https://docs.aws.amazon.com/iot/latest/apireference/API_DeleteCertificate.html */
function deleteCertificate(call: Call): void {
  const { certificateId, status, thingNames, policyNames } = ofCall(call)
  if (status === 'ACTIVE') {
    throw new ApiError('CertificateStateException', 406, 'the certificate must be deactivated before it is deleted')
  }
  if (thingNames.length + policyNames.length > 0 && !queryFlag(call, 'forceDelete')) {
    throw new ApiError('DeleteConflictException', 409, 'things or policies are attached to the certificate')
  }
  call.registry.certificates.delete(certificateId)
}
