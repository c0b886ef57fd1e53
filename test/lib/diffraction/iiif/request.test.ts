// Requests of the IIIF Image API 3, by the tables of its sections 4.1 to 4.5 and 4.7.
import t from 'tap'
import { readImageRequest } from '../../../../lib/diffraction/iiif/request.ts'

const frame = { width: 300, height: 200 }
const bounds = { width: 1000, height: 1000, area: 500_000 }
const read = ({ region = 'full', size = 'max', rotation = '0', name = 'default.jpg' }) => readImageRequest({ region, size, rotation, name }, frame, bounds)

t.test('regions', async t => {
  for (const [region, x, y, width, height, canonical] of [
    ['full', 0, 0, 300, 200, 'full'],
    ['square', 50, 0, 200, 200, '50,0,200,200'],
    ['125,15,120,140', 125, 15, 120, 140, '125,15,120,140'],
    ['pct:41.6,7.5,40,70', 125, 15, 120, 140, '125,15,120,140'],
    ['125,15,200,200', 125, 15, 175, 185, '125,15,175,185'],
    ['pct:41.6,7.5,66.6,100', 125, 15, 175, 185, '125,15,175,185'],
    ['0,0,300,200', 0, 0, 300, 200, 'full'],
    ['0,0,9999,9999', 0, 0, 300, 200, 'full'],
    ['pct:0,0,100,100', 0, 0, 300, 200, 'full'],
    ['pct:0,0,.01,.01', 0, 0, 1, 1, '0,0,1,1'],
    ['299,199,1,1', 299, 199, 1, 1, '299,199,1,1']
  ] as const) {
    const request = read({ region })
    t.strictSame(request.window, { x, y, width, height }, region)
    t.equal(request.canonical.split('/')[0], canonical, region)
  }
  for (const region of ['', 'half', '1,2,3', '1,2,3,4,5', '-1,0,1,1', '0.5,0,1,1', '0,0,0,1', '0,0,1,0', '300,0,1,1', '0,200,1,1', 'pct:100,0,1,1', 'pct:0,0,0,1', 'pct:-1,0,1,1', 'pct:1,2,3', 'x,y,w,h', '1e2,0,1,1', '0x1,0,1,1', '99999999999999999999,0,1,1', 'Full', ' full']) {
    t.throws(() => read({ region }), { code: 'REQUEST' }, region)
  }
})

t.test('sizes', async t => {
  for (const [size, width, height, canonical] of [
    ['max', 300, 200, 'max'],
    ['^max', 866, 577, '^866,577'],
    ['150,', 150, 100, '150,100'],
    ['^360,', 360, 240, '^360,240'],
    [',150', 225, 150, '225,150'],
    ['^,240', 360, 240, '^360,240'],
    ['pct:50', 150, 100, '150,100'],
    ['^pct:120', 360, 240, '^360,240'],
    ['225,100', 225, 100, '225,100'],
    ['^360,360', 360, 360, '^360,360'],
    ['!225,100', 150, 100, '150,100'],
    ['!9999,9999', 300, 200, 'max'],
    ['^!360,360', 360, 240, '^360,240'],
    ['^!99999,99999', 866, 577, '^866,577'],
    ['300,200', 300, 200, 'max'],
    ['^300,200', 300, 200, 'max'],
    ['1,', 1, 1, '1,1'],
    ['pct:.1', 1, 1, '1,1']
  ] as const) {
    const request = read({ size })
    t.strictSame([request.width, request.height], [width, height], size)
    t.equal(request.canonical.split('/')[1], canonical, size)
  }
  for (const size of ['', 'full', '301,', ',201', '301,1', 'pct:101', 'pct:0', '^pct:0', 'pct:', '0,', ',0', '0,0', '!0,0', '!5,', ',', '!', '^', '^^max', '1.5,', '-5,', '^1001,', '^,1001', '^1000,1000', '^pct:1000', '999999999999,', 'x', '5']) {
    t.throws(() => read({ size }), { code: 'REQUEST' }, size)
  }
  t.strictSame(readImageRequest({ region: 'full', size: 'max', rotation: '0', name: 'default.jpg' }, { width: 4000, height: 2000 }, bounds).canonical, 'full/max/0/default.jpg', 'within the bounds')
})

t.test('rotations', async t => {
  for (const [rotation, mirror, degrees, canonical] of [['0', false, 0, '0'], ['90', false, 90, '90'], ['180', false, 180, '180'], ['270.0', false, 270, '270'], ['360', false, 0, '0'], ['!0', true, 0, '!0'], ['!90', true, 90, '!90']] as const) {
    const request = read({ rotation })
    t.strictSame(request.turn, { mirror, rotation: degrees }, rotation)
    t.equal(request.canonical.split('/')[2], canonical, rotation)
  }
  for (const rotation of ['', '45', '-90', '361', '!', '!!90', '90!', 'x', '1e1']) t.throws(() => read({ rotation }), { code: 'REQUEST' }, rotation)
})

t.test('qualities and formats', async t => {
  for (const [name, quality, format, canonical] of [['default.jpg', 'default', 'jpg', 'default.jpg'], ['color.png', 'color', 'png', 'default.png'], ['gray.webp', 'gray', 'webp', 'gray.webp'], ['bitonal.jpg', 'bitonal', 'jpg', 'bitonal.jpg'], ['default.raw', 'default', 'raw', 'default.raw']] as const) {
    t.match(read({ name }), { quality, format }, name)
    t.equal(read({ name }).canonical.split('/')[3], canonical, name)
  }
  for (const name of ['', 'default', '.jpg', 'default.', 'default.tif', 'default.jpeg', 'native.jpg', 'toString.jpg', 'default.constructor', 'default.jpg.png', 'DEFAULT.jpg']) t.throws(() => read({ name }), { code: 'REQUEST' }, name)
})

t.test('what is read is the canonical form of itself', async t => {
  for (const path of ['square/^max/!270/gray.png', 'pct:10,10,50,50/pct:33/90/bitonal.jpg', '1,1,7,9/!5,5/0/color.webp']) {
    const [region = '', size = '', rotation = '', name = ''] = path.split('/')
    const { canonical, ...first } = read({ region, size, rotation, name })
    const [again = '', sizeAgain = '', rotationAgain = '', nameAgain = ''] = canonical.split('/')
    const second = read({ region: again, size: sizeAgain, rotation: rotationAgain, name: nameAgain })
    t.equal(second.canonical, canonical)
    t.strictSame([second.window, second.width, second.height, second.turn, second.format], [first.window, first.width, first.height, first.turn, first.format])
  }
})
