import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { resolveRedirect, resolveTarget } from '#functions/api/target.ts'

const BASE = new URL('https://api.example.com/v1/')
const problemOf = (path: string) => {
  try {
    return `allowed as ${resolveTarget(BASE, path).url.href}`
  } catch (error) {
    return (error as { code?: unknown }).code
  }
}

describe('a path', () => {
  test.each([
    ['/rules', 'https://api.example.com/v1/rules', '/rules'],
    ['/', 'https://api.example.com/v1/', '/'],
    ['/public/', 'https://api.example.com/v1/public/', '/public/'],
    ['/a-b_c~d/e.f/..g/h..', 'https://api.example.com/v1/a-b_c~d/e.f/..g/h..', '/a-b_c~d/e.f/..g/h..'],
    ['/caf%C3%A9/a%20b/100%25', 'https://api.example.com/v1/caf%C3%A9/a%20b/100%25', '/caf%C3%A9/a%20b/100%25'],
    [
      '/rules?next=//evil.example/../%2e%2e&x=@y:1',
      'https://api.example.com/v1/rules?next=//evil.example/../%2e%2e&x=@y:1',
      '/rules',
    ],
    ['/rules?', 'https://api.example.com/v1/rules?', '/rules'],
    ['/user@evil.example/x', 'https://api.example.com/v1/user@evil.example/x', '/user@evil.example/x'],
    ['/:8080/x', 'https://api.example.com/v1/:8080/x', '/:8080/x'],
  ])('%s goes below the base', (path, href, pathname) => {
    const target = resolveTarget(BASE, path)

    expect(target.url.href).toBe(href)
    expect(target.pathname).toBe(pathname)
  })

  test.each([
    '',
    'rules',
    '?x',
    '//evil.example',
    '//evil.example/rules',
    '///evil.example',
    '/a//b',
    'http://evil.example/',
    'https://api.example.com/v1/rules',
    'https:/evil.example',
    'file:///etc/passwd',
    'user:pass@evil.example',
    '@evil.example',
    '/.',
    '/..',
    '/../admin',
    '/./rules',
    '/rules/..',
    '/public/../../admin',
    '/public/..;/admin',
    '/public/..;a=b/admin',
    '/public/.;/x',
    '/%2e%2e/admin',
    '/%2E%2E/admin',
    '/.%2e/admin',
    '/%2e./admin',
    '/%252e%252e/admin',
    '/%25252e%25252e/admin',
    '/a%2fb',
    '/a%2Fb',
    '/a%252fb',
    '/..%2fadmin',
    '/..%5cadmin',
    '/a%5cb',
    '/a%5Cb',
    '/a%255cb',
    '/a\\b',
    '\\\\evil.example',
    '/\\evil.example',
    '/..\\admin',
    '/rules#x',
    '/rules?a#b',
    '/a b',
    ' /rules',
    '/rules ',
    '/a\tb',
    '/a\r\nHost: evil.example',
    '/a\0b',
    '/a%00b',
    '/a%0d%0aHost:evil',
    '/a%250d',
    '/a%7f',
    '/a%',
    '/a%2',
    '/a%zz',
    '/%c0%ae%c0%ae/admin',
    '/%c0%af',
    '/a%ff',
    '/caf\u00e9',
    '/\uff0e\uff0e/admin',
    '/%ef%bc%8e%ef%bc%8e/admin',
    '/a%ef%bc%8fb',
    '/a%ef%bc%bcb',
    '/%e2%80%a5/admin',
    '/a"b',
    '/a<b>',
    '/a{b}',
    '/a`b',
    '/rules?a b',
    '/rules?a\\b',
    '/rules?a\nb',
    '/rules?%zz',
  ])('%j is refused', (path) => {
    expect(problemOf(path)).toBe('path_invalid')
  })

  test('of any text either stays inside the base or is refused with a code', () => {
    const piece = fc.constantFrom(
      '/',
      '.',
      '..',
      '%2e',
      '%2f',
      '%25',
      '%5c',
      '\\',
      '?',
      '#',
      '@',
      ':',
      ';',
      'a',
      '//',
      ' ',
      'é',
      '%c0%af',
    )
    const path = fc.oneof(
      fc.array(piece, { maxLength: 12 }).map((list) => `/${list.join('')}`),
      fc.string({ unit: 'binary' }),
    )
    fc.assert(
      fc.property(path, fc.constantFrom(BASE, new URL('http://127.0.0.1:8080')), (text, base) => {
        try {
          const { url, pathname } = resolveTarget(base, text)
          expect(url.origin).toBe(base.origin)
          expect(url.pathname).toBe(base.pathname.replace(/\/$/, '') + pathname)
          // what a server makes of it after decoding any number of times
          let read = url.pathname
          for (let times = 0; times < 4; times += 1)
            read = decodeURIComponent(read.replace(/%(?![0-9a-f]{2})/gi, '%25'))
          expect(new URL(`http://x${read.split('?')[0]}`).pathname.startsWith(base.pathname)).toBe(true)
        } catch (error) {
          expect(error).toMatchObject({ code: 'path_invalid' })
        }
      }),
      { numRuns: 500 },
    )
  })

  test('says what is wrong, without the path itself', () => {
    expect(() => resolveTarget(BASE, '/secret-name/%2e%2e/x')).toThrow(
      'the path is not valid: expected no encoded dot, slash or backslash',
    )
  })
})

describe('a redirect', () => {
  const from = new URL('https://api.example.com/v1/old/place')

  test.each([
    ['/v1/new?x=1', '/new'],
    ['next', '/old/next'],
    ['../new', '/new'],
    ['https://api.example.com/v1/new', '/new'],
    ['//api.example.com/v1/new', '/new'],
    ['?page=2', '/old/place'],
    ['/v1/new#part', '/new'],
  ])('to %s stays inside', (location, pathname) => {
    expect(resolveRedirect(BASE, from, location)?.pathname).toBe(pathname)
  })

  test.each([
    '/v2/new',
    '/v1',
    '/',
    '../../admin',
    'https://evil.example/v1/new',
    '//evil.example/v1/new',
    'http://api.example.com/v1/new',
    'https://api.example.com:444/v1/new',
    'https://api.example.com@evil.example/v1/new',
    'https://user@api.example.com/v1/new',
    '\\\\evil.example/v1/',
    '/v1/%2e%2e/admin',
    '/v1/..%2fadmin',
    '/v1/a%252fb',
    '/v1//new',
    'file:///v1/new',
    'javascript:alert(1)',
    'http://[bad',
  ])('to %s leads outside', (location) => {
    expect(resolveRedirect(BASE, from, location)).toBeUndefined()
  })
})
