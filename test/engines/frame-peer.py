# What fabio, h5py and CBFlib read in files of frames, for comparison.
#   frame-peer.py write FOLDER                    writes files of frames with fabio
#   frame-peer.py read FOLDER NAME...             one line of JSON for each frame of each file
#   frame-peer.py marccd FILE                     the header of a MarCCD file, as JSON
#   frame-peer.py detector FILE                   where CBFlib has the beam, in pixels of which the middle of the first is 0, and the detector, in millimetres, as JSON
# Counts are compared as 64-bit floats, row by row: -1 where a pixel does not count.
import hashlib, json, os, sys
import fabio, h5py, numpy as np

def told(name, frame, data, mask=None, header=None):
    data = np.asarray(data)
    counts = data.astype('<f8')
    if data.dtype == np.uint8: counts[data == 255] = 65535
    if data.dtype.kind == 'i': counts[data < 0] = -1
    if mask is not None: counts[mask != 0] = -1
    print(json.dumps({'name': name, 'frame': frame, 'width': data.shape[1], 'height': data.shape[0], 'sum': float(counts.sum()),
                      'digest': hashlib.sha256(np.ascontiguousarray(counts).tobytes()).hexdigest(), 'header': header or {}}))

def read_hdf5(folder, name):
    with h5py.File(os.path.join(folder, name), 'r') as file:
        detector = file['/entry/instrument/detector']
        mask = (detector['detectorSpecific/pixel_mask'] if 'detectorSpecific' in detector else detector['pixel_mask'])[()]
        frame = 0
        for key in sorted(file['/entry/data']):
            for counts in file['/entry/data'][key]:
                frame += 1
                told(name, frame, counts, mask)

def read(folder, name):
    if name.endswith(('.h5', '.nxs')): return read_hdf5(folder, name)
    path = os.path.join(folder, name)
    # Without its ending fabio does not know a MarCCD file from others.
    image = fabio.marccdimage.MarccdImage().read(path) if name.startswith('noext') else fabio.open(path)
    told(name, 1, image.data, None, {key: str(value) for key, value in image.header.items() if isinstance(value, (int, float, str))})

def write(folder):
    random = np.random.default_rng(1)
    counts = random.poisson(40, (301, 203))
    counts[100:104, 50] = 65535
    gaps = counts.astype('i4')
    gaps[:, 100:107] = -1
    gaps[5, 5] = 1 << 30
    header = {'PIXEL_SIZE': '0.1', 'DISTANCE': '150.0', 'WAVELENGTH': '0.98', 'OSC_START': '1.5', 'OSC_RANGE': '0.5', 'BEAM_CENTER_X': '15.0', 'BEAM_CENTER_Y': '10.0', 'TIME': '2.0'}
    fabio.adscimage.AdscImage(data=counts.astype('u2'), header=header).write(os.path.join(folder, 'fabio.img'))
    fabio.cbfimage.CbfImage(data=gaps).write(os.path.join(folder, 'fabio.cbf'))
    fabio.tifimage.TifImage(data=counts.astype('u2')).write(os.path.join(folder, 'fabio16.tif'))
    fabio.tifimage.TifImage(data=gaps).write(os.path.join(folder, 'fabio32.tif'))

def marccd(path):
    from fabio import marccdimage
    header = open(path, 'rb').read(4096)[1024:]
    found = marccdimage.interpret_header(header, marccdimage.HEADER_FORMAT, marccdimage.HEADER_NAMES)
    print(json.dumps({key: value for key, value in found.items() if isinstance(value, int)}))

def detector(path):
    import pycbf
    handle = pycbf.cbf_handle_struct()
    handle.read_widefile(os.fsencode(path), pycbf.MSG_DIGEST)
    found = handle.construct_detector(0)
    slow, fast, _, _ = found.get_beam_center()
    print(json.dumps({'x': fast, 'y': slow, 'distance': found.get_detector_distance()}))

if sys.argv[1] == 'write': write(sys.argv[2])
elif sys.argv[1] == 'marccd': marccd(sys.argv[2])
elif sys.argv[1] == 'detector': detector(sys.argv[2])
else:
    for name in sys.argv[3:]: read(sys.argv[2], name)
