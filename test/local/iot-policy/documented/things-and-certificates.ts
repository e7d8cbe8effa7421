import { allow, CONNECT_AS_ONE_OF_THREE, CONNECT_AS_THING, client, type DocumentedExample, thing } from './example.ts'

const LAMP = thing('lamp')
const TYPED = thing('lamp', { typeName: 'Thing_Type_Name', attributes: { attributeName: 'attributeValue' } })

/** https://docs.aws.amazon.com/iot/latest/developerguide/thing-policy-examples.html */
const THING_EXAMPLES: DocumentedExample[] = [
  {
    page: 'thing-policy-examples.html',
    example: 'connecting with a certificate that is attached to the thing',
    statements: [allow('Connect', '*', { Bool: { 'iot:Connection.Thing.IsAttached': ['true'] } })],
    cases: [
      ['iot:Connect', 'client/lamp', LAMP, 'allowed'],
      ['iot:Connect', 'client/lamp', thing('lamp', { isAttached: false }), 'implicitDeny'],
      ['iot:Connect', 'client/other', { ...LAMP, clientId: 'other' }, 'implicitDeny'],
      ['iot:Connect', 'client/lamp', { ...LAMP, authentication: 'CUSTOM_AUTH' }, 'implicitDeny'],
      ['iot:Connect', 'client/lamp', { ...LAMP, authentication: 'CUSTOM_AUTH_X509' }, 'allowed'],
    ],
  },
  {
    page: 'thing-policy-examples.html',
    example: 'publishing as a thing of a type with an attribute',
    statements: [
      allow('Publish', 'topic/device/stats', {
        StringEquals: {
          'iot:Connection.Thing.Attributes[attributeName]': 'attributeValue',
          'iot:Connection.Thing.ThingTypeName': 'Thing_Type_Name',
        },
        Bool: { 'iot:Connection.Thing.IsAttached': 'true' },
      }),
    ],
    cases: [
      ['iot:Publish', 'topic/device/stats', TYPED, 'allowed'],
      ['iot:Publish', 'topic/device/other', TYPED, 'implicitDeny'],
      ['iot:Publish', 'topic/device/stats', thing('lamp', { typeName: 'Thing_Type_Name' }), 'implicitDeny'],
      [
        'iot:Publish',
        'topic/device/stats',
        thing('lamp', { typeName: 'Other', attributes: { attributeName: 'attributeValue' } }),
        'implicitDeny',
      ],
    ],
  },
  {
    page: 'thing-policy-examples.html',
    example: 'publishing to topics that begin with an attribute',
    statements: [allow('Publish', 'topic/${iot:Connection.Thing.Attributes[attributeName]}/*')],
    cases: [
      ['iot:Publish', 'topic/attributeValue/a', TYPED, 'allowed'],
      ['iot:Publish', 'topic/attributeValue', TYPED, 'implicitDeny'],
      ['iot:Publish', 'topic/attributeValue/a', LAMP, 'implicitDeny'],
      [
        'iot:Publish',
        'topic/attributeValue/a',
        thing('lamp', { isAttached: false, attributes: { attributeName: 'attributeValue' } }),
        'implicitDeny',
      ],
    ],
  },
  {
    page: 'exclusive-thing.html',
    example: 'an exclusive thing needs no client id of its name',
    statements: [allow('Publish', 'topic/${iot:Connection.Thing.ThingName}/${iot:ClientId}')],
    cases: [
      ['iot:Publish', 'topic/lamp/c7', { clientId: 'c7', thing: { name: 'lamp', isExclusive: true } }, 'allowed'],
      ['iot:Publish', 'topic/lamp/c7', { clientId: 'c7', thing: { name: 'lamp' } }, 'implicitDeny'],
    ],
  },
]

const withCertificate = (certificate: object, more: object = LAMP) => ({ ...more, certificate })
const NAMES = (...CommonName: string[]) => withCertificate({ subject: { CommonName } })
const UNREGISTERED_NAMES = (...CommonName: string[]) => withCertificate({ subject: { CommonName } }, client('client1'))

/** https://docs.aws.amazon.com/iot/latest/developerguide/certificate-policy-examples.html */
const CERTIFICATE_EXAMPLES: DocumentedExample[] = [
  ...[CONNECT_AS_THING, CONNECT_AS_ONE_OF_THREE].map(
    (connect): DocumentedExample => ({
      page: 'certificate-policy-examples.html',
      example: 'a topic named as the certificate',
      statements: [allow('Publish', 'topic/${iot:CertificateId}'), connect],
      cases: [
        ['iot:Publish', 'topic/3f2a', withCertificate({ certificateId: '3f2a' }), 'allowed'],
        ['iot:Publish', 'topic/3f2b', withCertificate({ certificateId: '3f2a' }), 'implicitDeny'],
        ['iot:Publish', 'topic/3f2a', LAMP, 'implicitDeny'],
        [
          'iot:Publish',
          'topic/3f2a',
          { ...withCertificate({ certificateId: '3f2a' }), authentication: 'CUSTOM_AUTH' },
          'implicitDeny',
        ],
      ],
    }),
  ),
  {
    page: 'certificate-policy-examples.html',
    example: 'a topic named as the common name',
    statements: [allow('Publish', 'topic/${iot:Certificate.Subject.CommonName}'), CONNECT_AS_THING],
    cases: [
      ['iot:Publish', 'topic/lamp 7', NAMES('lamp 7'), 'allowed'],
      ['iot:Publish', 'topic/lamp 7', NAMES('lamp 7', 'Administrator'), 'allowed'],
      ['iot:Publish', 'topic/Administrator', NAMES('lamp 7', 'Administrator'), 'implicitDeny'],
      ['iot:Publish', 'topic/lamp 7', withCertificate({ subject: { CN: 'lamp 7' } }), 'allowed'],
      ['iot:Publish', 'topic/*', NAMES('*'), 'implicitDeny'],
      ['iot:Publish', `topic/${'a'.repeat(1025)}`, NAMES('a'.repeat(1025)), 'implicitDeny'],
      ['iot:Publish', `topic/${'a'.repeat(1024)}`, NAMES('a'.repeat(1024)), 'allowed'],
    ],
  },
  {
    page: 'certificate-policy-examples.html',
    example: 'administrators by their third common name',
    statements: [
      CONNECT_AS_THING,
      allow('Publish', 'topic/admin/*', { StringEquals: { 'iot:Certificate.Subject.CommonName.2': 'Administrator' } }),
    ],
    cases: [
      ['iot:Publish', 'topic/admin/x', NAMES('a', 'b', 'Administrator'), 'allowed'],
      ['iot:Publish', 'topic/admin/x', NAMES('a', 'Administrator'), 'implicitDeny'],
      ['iot:Publish', 'topic/admin/x', NAMES('Administrator'), 'implicitDeny'],
    ],
  },
  {
    page: 'certificate-policy-examples.html',
    example: 'administrators by any common name',
    statements: [
      CONNECT_AS_THING,
      allow('Publish', 'topic/admin/${iot:Connection.Thing.ThingName}', {
        'ForAnyValue:StringEquals': { 'iot:Certificate.Subject.CommonName.List': 'Administrator' },
      }),
    ],
    cases: [
      ['iot:Publish', 'topic/admin/lamp', NAMES('a', 'Administrator'), 'allowed'],
      ['iot:Publish', 'topic/admin/lamp', NAMES('a', 'b', 'c', 'd', 'Administrator'), 'allowed'],
      ['iot:Publish', 'topic/admin/lamp', NAMES('a', 'b', 'c', 'd', 'e', 'Administrator'), 'implicitDeny'],
      ['iot:Publish', 'topic/admin/lamp', NAMES('a'), 'implicitDeny'],
      ['iot:Publish', 'topic/admin/other', NAMES('Administrator'), 'implicitDeny'],
    ],
  },
  {
    page: 'certificate-policy-examples.html',
    example: 'administrators by any common name, unregistered',
    statements: [
      CONNECT_AS_ONE_OF_THREE,
      allow('Publish', 'topic/admin', {
        'ForAnyValue:StringEquals': { 'iot:Certificate.Subject.CommonName.List': 'Administrator' },
      }),
    ],
    cases: [
      ['iot:Publish', 'topic/admin', UNREGISTERED_NAMES('a', 'Administrator'), 'allowed'],
      ['iot:Publish', 'topic/admin', UNREGISTERED_NAMES('a'), 'implicitDeny'],
      ['iot:Publish', 'topic/admin', client('client1'), 'implicitDeny'],
    ],
  },
]

const ORGANIZATIONS = {
  'ForAllValues:StringEquals': {
    'iot:Certificate.Subject.Organization.List': ['Example Corp', 'AnyCompany'],
  },
}

/** https://docs.aws.amazon.com/iot/latest/developerguide/cert-policy-variables.html */
const CERTIFICATE_VARIABLES: DocumentedExample[] = [
  {
    page: 'cert-policy-variables.html',
    example: 'publishing for certificates of two organizations',
    statements: [CONNECT_AS_THING, allow('Publish', 'topic/my/topic/${iot:Connection.Thing.ThingName}', ORGANIZATIONS)],
    cases: [
      ['iot:Connect', 'client/lamp', LAMP, 'allowed'],
      ['iot:Publish', 'topic/my/topic/lamp', withCertificate({ subject: { O: 'AnyCompany' } }), 'allowed'],
      [
        'iot:Publish',
        'topic/my/topic/lamp',
        withCertificate({ subject: { Organization: ['Example Corp', 'AnyCompany'] } }),
        'allowed',
      ],
      [
        'iot:Publish',
        'topic/my/topic/lamp',
        withCertificate({ subject: { Organization: ['Example Corp', 'Other'] } }),
        'implicitDeny',
      ],
    ],
  },
  {
    page: 'cert-policy-variables.html',
    example: 'publishing for certificates of two organizations, unregistered',
    statements: [CONNECT_AS_ONE_OF_THREE, allow('Publish', 'topic/my/topic/${iot:ClientId}', ORGANIZATIONS)],
    cases: [
      [
        'iot:Publish',
        'topic/my/topic/client1',
        withCertificate({ subject: { Organization: 'Example Corp' } }, client('client1')),
        'allowed',
      ],
      [
        'iot:Publish',
        'topic/my/topic/client1',
        withCertificate({ subject: { Organization: 'Other' } }, client('client1')),
        'implicitDeny',
      ],
    ],
  },
  {
    page: 'cert-policy-variables.html',
    example: 'the second value, and one that is not there',
    statements: [
      allow('Publish', 'topic/${iot:Certificate.Subject.Country.1}'),
      allow('Publish', 'topic/third/${iot:Certificate.Subject.Country.2}*'),
    ],
    cases: [
      ['iot:Publish', 'topic/DE', withCertificate({ subject: { Country: ['AT', 'DE'] } }), 'allowed'],
      ['iot:Publish', 'topic/AT', withCertificate({ subject: { Country: ['AT', 'DE'] } }), 'implicitDeny'],
      ['iot:Publish', 'topic/third/x', withCertificate({ subject: { Country: ['AT', 'DE'] } }), 'implicitDeny'],
    ],
  },
  {
    page: 'cert-policy-variables.html',
    example: 'characters that a policy writes with a backslash',
    statements: [
      allow('Publish', 'topic/a', {
        StringEquals: {
          'iot:Certificate.Issuer.OrganizationalUnit':
            'Amazon Web Services O\\=Amazon.com Inc. L\\=Seattle ST\\=Washington C\\=US',
        },
      }),
    ],
    cases: [
      'Amazon Web Services O=Amazon.com Inc. L=Seattle ST=Washington C=US',
      'Amazon Web Services O\\=Amazon.com Inc. L\\=Seattle ST\\=Washington C\\=US',
    ].map((OU) => ['iot:Publish', 'topic/a', withCertificate({ issuer: { OU } }), 'allowed']),
  },
  {
    page: 'cert-policy-variables.html',
    example: 'alternative names, serial number and the names of what is there',
    statements: [
      allow('Publish', 'topic/${iot:Certificate.Subject.AlternativeName.DNSName}/${iot:Certificate.SerialNumber}', {
        'ForAnyValue:StringEquals': {
          'iot:Certificate.AvailableKeys': 'iot:Certificate.Subject.AlternativeName.DNSName',
        },
      }),
    ],
    cases: [
      [
        'iot:Publish',
        'topic/lamp.example.com/17',
        withCertificate({ serialNumber: '17', subject: { AlternativeName: { DNSName: ['lamp.example.com'] } } }),
        'allowed',
      ],
      [
        'iot:Publish',
        'topic/lamp.example.com/17',
        withCertificate({ serialNumber: '17', subjectAlternativeName: { DNSName: 'lamp.example.com' } }),
        'allowed',
      ],
      ['iot:Publish', 'topic/lamp.example.com/17', withCertificate({ serialNumber: '17' }), 'implicitDeny'],
    ],
  },
]

export const THING_AND_CERTIFICATE_EXAMPLES = [...THING_EXAMPLES, ...CERTIFICATE_EXAMPLES, ...CERTIFICATE_VARIABLES]
