import t from 'tap'
import { createAddressPolicy, parseNetworks } from '../../../lib/devices/address-policy.ts'

t.test('devices may be in private networks', async t => {
  const { isAllowed } = createAddressPolicy()
  for (const address of ['10.1.2.3', '172.16.0.1', '172.31.255.254', '192.168.1.10', 'fd12:3456::1', 'fc00::1']) t.equal(isAllowed(address), true, address)
  for (const address of ['8.8.8.8', '172.32.0.1', '172.15.0.1', '192.169.0.1', '100.64.0.1', '2606:4700::1111', '127.0.0.1', '::1', '127.255.0.1']) t.equal(isAllowed(address), false, address)
})

t.test('loopback is allowed where the server itself is there alone', async t => {
  const { isAllowed } = createAddressPolicy({ isLoopbackAllowed: true })
  for (const address of ['127.0.0.1', '127.1.2.3', '::1', '10.0.0.1']) t.equal(isAllowed(address), true, address)
})

t.test('networks that are named take the place of the others', async t => {
  const { isAllowed } = createAddressPolicy({ networks: parseNetworks('203.0.113.0/24, 2001:db8::/32,198.51.100.7'), isLoopbackAllowed: true })
  for (const address of ['203.0.113.9', '2001:db8::5', '198.51.100.7']) t.equal(isAllowed(address), true, address)
  for (const address of ['10.0.0.1', '127.0.0.1', '198.51.100.8', '2001:db9::1']) t.equal(isAllowed(address), false, address)
})

t.test('what is never a device is refused whatever is configured', async t => {
  const { isAllowed } = createAddressPolicy({ networks: ['0.0.0.0/0', '::/0'] })
  t.equal(isAllowed('192.0.2.1'), true)
  t.equal(isAllowed('2001:db8::1'), true)
  t.equal(isAllowed('::1'), true)
  const refused = [
    '169.254.169.254', '0.0.0.0', '0.1.2.3', '224.0.0.251', '239.255.255.250', '255.255.255.255', '240.0.0.1', '100.100.100.200', '::', 'fe80::1', 'fe80::1%lo', 'ff02::fb', 'fd00:ec2::254',
    '::ffff:10.0.0.1', '::ffff:a9fe:a9fe', '0:0:0:0:0:ffff:7f00:1', '::10.0.0.1', '::ffff:0:10.0.0.1', '64:ff9b::a9fe:a9fe', '2002:a9fe:a9fe::', '2001::1'
  ]
  for (const address of refused) t.equal(isAllowed(address), false, address)
})

t.test('an address of IPv4 is not judged by networks of IPv6, nor the other way round', async t => {
  t.equal(createAddressPolicy({ networks: ['10.0.0.0/8'] }).isAllowed('::ffff:10.0.0.1'), false)
  t.equal(createAddressPolicy({ networks: ['::/0'] }).isAllowed('10.0.0.1'), false)
})

t.test('what is no address is refused', async t => {
  const { isAllowed } = createAddressPolicy({ networks: ['0.0.0.0/0', '::/0'] })
  for (const text of ['', 'localhost', '10.0.0', '0x0a000001', '167772161', '010.0.0.1', '[::1]', '10.0.0.1:80', '10.0.0.1/8', ' 10.0.0.1']) t.equal(isAllowed(text), false, text)
})

t.test('networks that are none are refused', async t => {
  for (const text of ['10.0.0.0/33', '10.0.0.0/', '10.0.0.0/8/8', '::/129', 'home', '10.0.0.0/-1', 'fe80::%lo/10', '10.0.0.0/1.5']) t.throws(() => parseNetworks(text), TypeError, text)
})
