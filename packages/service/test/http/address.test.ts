import { expect, test } from 'vitest'
import { addressBucket } from '../../src/http/address.ts'

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['::FFFF:192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2/64'],
  ['2001:0db8:0001:0002::1', '2001:db8:1:2/64'],
  ['2001:db8::1', '2001:db8:0:0/64'],
  ['2001:db8::', '2001:db8:0:0/64'],
  ['::1', '0:0:0:0/64'],
  ['::', '0:0:0:0/64'],
  ['1::2:3:4:5:6', '1:0:0:2/64'],
  ['64:ff9b::192.0.2.7', '64:ff9b:0:0/64'],
  ['1:2:3:4:5:6:192.0.2.7', '1:2:3:4/64'],
  ['fe80::1%eth0', 'fe80:0:0:0/64'],
  // As proxies write it: with a port, in brackets, or the mapped address in hexadecimal.
  ['192.0.2.7:50123', '192.0.2.7'],
  ['[2001:db8:1:2::3]:50123', '2001:db8:1:2/64'],
  ['[2001:db8:1:2::3]', '2001:db8:1:2/64'],
  ['::ffff:c000:207', '192.0.2.7'],
  ['0:0:0:0:0:FFFF:192.0.2.7', '192.0.2.7'],
  ['no address', 'unknown'],
  ['', 'unknown'],
  ['192.0.2.777', 'unknown'],
])('requests from %s are counted as from %s', (address, bucket) => {
  expect(addressBucket(address)).toBe(bucket)
})

test('requests from nowhere are counted together', () => {
  expect(addressBucket(undefined)).toBe('unknown')
})
