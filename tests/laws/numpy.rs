//! Arrays of NumPy are read whatever wrote them, or refused in one clear line.

use crate::common::*;
use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};
use ndarray::{Array1, Array2, Array3, ArrayD, Axis, arr0, array};
use ndarray_npy::{NpzWriter, WriteNpyExt};
use proptest::prelude::*;
use std::io::Write as _;
use switchnet::data::{Npz, read_npy};
use switchnet::{Result, Scalar};
use switchnet_lab::numpy::npy;

fn read(bytes: &[u8]) -> Result<ArrayD<f64>> {
    read_npy(bytes)
}

/// Whatever another writer writes, in either order in memory, and without a number too.
#[test]
fn files_of_others_are_read() {
    fn written<A: WriteNpyExt>(a: &A) -> ArrayD<f64> {
        let mut bytes = Vec::new();
        a.write_npy(&mut bytes).unwrap();
        read(&bytes).unwrap()
    }
    let a = Array3::from_shape_fn((2, 3, 4), |(i, j, k)| (100 * i + 10 * j + k) as f64 / 8.0);
    assert_eq!(written(&a), a.clone().into_dyn());
    let turned = a.clone().reversed_axes();
    assert_eq!(written(&turned), turned.into_dyn(), "columns first");
    assert_eq!(written(&a.mapv(|v| v as f32)), a.clone().into_dyn());
    assert_eq!(written(&array![1u8, 2, 255]), array![1.0, 2.0, 255.0].into_dyn());
    assert_eq!(written(&arr0(0.1)), arr0(0.1).into_dyn());
    assert_eq!(written(&Array2::<f64>::zeros((0, 7))).shape(), [0, 7]);
    assert_eq!(read(&npy(&a.index_axis(Axis(2), 1))).unwrap(), a.index_axis(Axis(2), 1).into_dyn());
    // The other end first.
    let mut bytes = npy(&array![1.5, -2.0]);
    let at = bytes.iter().position(|b| *b == b'<').unwrap();
    bytes[at] = b'>';
    bytes[128..].as_chunks_mut::<8>().0.iter_mut().for_each(|number| number.reverse());
    assert_eq!(read(&bytes).unwrap(), array![1.5, -2.0].into_dyn());
}

#[test]
fn what_is_no_such_file_is_refused() {
    let whole = npy(&array![[1.0, 2.0], [3.0, 4.0]]);
    let refused = |bytes: &[u8], part: &str| {
        let message = read(bytes).unwrap_err().to_string();
        assert!(message.contains(part) && !message.contains('\n'), "{message}");
    };
    refused(b"PK", "expected a header");
    refused(&whole[..20], "expected a header");
    refused(&whole[..whole.len() - 1], "the shape [2, 2] has, 8 each, found 31");
    refused(&[&whole[..], &[0; 8]].concat(), "the shape [2, 2] has, 8 each, found more");
    for (from, to) in [("descr", "disco"), ("shape", "shade"), ("(2, 2)", "(2, x)"), ("(2", "[2")] {
        let text: Vec<u8> = whole.clone();
        let at = text.windows(from.len()).position(|part| part == from.as_bytes()).unwrap();
        refused(&[&text[..at], to.as_bytes(), &text[at + from.len()..]].concat(), "header with");
    }
}

/// A file of version 1 with this header and these bytes behind it.
pub(crate) fn file(descr: &str, shape: &str, numbers: &[u8]) -> Vec<u8> {
    let header = format!("{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n");
    let length = u16::try_from(header.len()).unwrap().to_le_bytes();
    [b"\x93NUMPY\x01\x00", &length[..], header.as_bytes(), numbers].concat()
}

/// `-3` and `3` in every type of whole numbers, `1.5` and `-inf` in every float, in both orders of bytes.
#[test]
fn every_real_type_is_read_in_both_orders() {
    let check = |kind: &str, numbers: [Vec<u8>; 2], expected: [f64; 2]| {
        for order in ["<", ">"] {
            let turned = numbers.iter().map(|number| match order {
                ">" => number.iter().rev().copied().collect(),
                _ => number.clone(),
            });
            let bytes: Vec<u8> = turned.collect::<Vec<_>>().concat();
            let read = read(&file(&format!("'{order}{kind}'"), "(2,)", &bytes)).unwrap();
            assert_eq!(read, ndarray::arr1(&expected).into_dyn(), "{order}{kind}");
        }
    };
    for width in [1, 2, 4, 8] {
        let [minus, plus] = [-3i64, 3].map(|v| v.to_le_bytes()[..width].to_vec());
        check(&format!("i{width}"), [minus.clone(), plus.clone()], [-3.0, 3.0]);
        let most = if width < 8 { (1u64 << (8 * width)) - 3 } else { 3 };
        let first = if width < 8 { minus } else { plus.clone() };
        check(&format!("u{width}"), [first, plus], [most as f64, 3.0]);
    }
    check("b1", [vec![1], vec![0]], [1.0, 0.0]);
    let half = |bits: u16| bits.to_le_bytes().to_vec();
    check("f2", [half(0x3E00), half(0xFC00)], [1.5, f64::NEG_INFINITY]);
    check("f2", [half(0x0001), half(0x7BFF)], [2f64.powi(-24), 65504.0]);
    check(
        "f4",
        [1.5f32, f32::NEG_INFINITY].map(|v| v.to_le_bytes().to_vec()),
        [1.5, f64::NEG_INFINITY],
    );
    check(
        "f8",
        [1.5f64, f64::NEG_INFINITY].map(|v| v.to_le_bytes().to_vec()),
        [1.5, f64::NEG_INFINITY],
    );
    let nan = read(&file("'<f2'", "(1,)", &half(0x7E01))).unwrap();
    assert!(nan[[0]].is_nan());
    assert_eq!(read(&file("'|b1'", "()", &[1])).unwrap(), arr0(1.0).into_dyn());
}

/// What a header claims is compared with what is there, and takes no memory by itself.
#[test]
fn a_claim_is_no_number() {
    let refused = |bytes: &[u8], part: &str| {
        let message = read(bytes).unwrap_err().to_string();
        assert!(message.contains(part) && message.len() < 300, "{message}");
        assert!(!message.contains('\n'), "{message}");
    };
    for shape in [
        "(1152921504606846976,)", // 2^60
        "(1099511627776,)",
        "(1073741824,)",
        "(9223372036854775808, 0)",
        "(4294967296, 4294967296)",
        "(4294967296, 4294967296, 0)",
    ] {
        refused(&file("'<f8'", shape, &[]), "as the shape");
    }
    refused(&file("'<f8'", "(18446744073709551616,)", &[]), "header with shape");
    refused(
        &file("'<f8'", &format!("({})", "1,".repeat(65)), &[0; 8]),
        "at most 64 sides, found 65",
    );
    refused(&file("'<f8'", &format!("({})", "x,".repeat(9000)), &[]), "header with shape");
    let long = [b"\x93NUMPY\x02\x00", &[0xFF; 4][..], b"{'descr': '<f8'"].concat();
    refused(&long, "another beginning");
    assert_eq!(read(&file("'<f8'", "(3, 0)", &[])).unwrap().shape(), [3, 0]);
}

#[test]
fn other_types_are_refused_by_name() {
    for (descr, parts) in [
        ("'<c16'", ["a.real", "complex"]),
        ("'|O'", [".astype(float)", "objects"]),
        ("'<U4'", [".astype(float)", "texts (U4)"]),
        ("'|S16'", [".astype(float)", "texts (S16)"]),
        ("'<U0'", [".astype(float)", "texts without"]),
        ("'<f16'", [".astype(float)", "another size (<f16)"]),
        ("'<M8[s]'", [".astype(float)", "dates"]),
        ("'<i3'", [".astype(float)", "another type (<i3)"]),
        ("'|V12'", [".astype(float)", "records"]),
        ("[('a', '<f8'), ('b', '<i4')]", ["a['name']", "structured"]),
    ] {
        let message = read(&file(descr, "(1,)", &[0; 16])).unwrap_err().to_string();
        assert!(parts.iter().all(|part| message.contains(part)), "{message}");
        assert!(!message.contains('\n'), "{message}");
    }
}

#[test]
fn whole_numbers_are_exact_or_refused() {
    let one = |kind: &str, bytes: [u8; 8]| read(&file(kind, "(1,)", &bytes));
    for exact in [1 << 53, -(1 << 53), (1 << 53) + 2, i64::MIN] {
        assert_eq!(one("'<i8'", exact.to_le_bytes()).unwrap()[[0]] as i64, exact);
    }
    for rounded in [(1 << 53) + 1, -(1 << 53) - 1, i64::MAX] {
        let message = one("'<i8'", rounded.to_le_bytes()).unwrap_err().to_string();
        assert!(message.contains("astype(float)"), "{message}");
        assert!(message.ends_with(&format!("found {rounded}")), "{message}");
    }
    assert!(one("'<u8'", u64::MAX.to_le_bytes()).is_err());
    assert_eq!(one("'<u8'", (1u64 << 63).to_le_bytes()).unwrap()[[0]], 2f64.powi(63));
}

fn numbers_become_the_nearest<T: Scalar>() {
    let array: ArrayD<T> =
        read_npy(npy(&array![[0.1, -1e300], [f64::NAN, 3.0]]).as_slice()).unwrap();
    assert_eq!(array[[0, 0]], T::of(0.1));
    assert_eq!(array[[0, 1]], T::of(-1e300));
    assert!(array[[1, 0]].is_nan() && array[[1, 1]] == T::of(3.0));
    let halves: ArrayD<T> = read_npy(file("'>f2'", "(1,)", &[0x3E, 0]).as_slice()).unwrap();
    assert_eq!(halves, arr0(T::of(1.5)).insert_axis(Axis(0)).into_dyn());
}

in_both_precisions!(numbers_become_the_nearest);

// --- archives ---

/// A member of an archive: its name, its bytes, and whether they are deflated.
pub(crate) type Member<'a> = (&'a str, &'a [u8], bool);

/// An archive as Python's zipfile writes it for `numpy.savez`: sizes in the directory, and in the header of a member
/// an extra field that says them again in eight bytes each.
pub(crate) fn npz(members: &[Member]) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for (name, contents, deflated) in members {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(contents).unwrap();
        let packed = if *deflated { encoder.finish().unwrap() } else { contents.to_vec() };
        let mut crc = Crc::new();
        crc.update(contents);
        let start = (bytes.len() as u32).to_le_bytes();
        let sizes = [packed.len() as u32, contents.len() as u32].map(u32::to_le_bytes).concat();
        let method = if *deflated { 8 } else { 0 };
        let about =
            [&[45, 0, 0, 0, method, 0, 0, 0, 0x21, 0][..], &crc.sum().to_le_bytes()].concat();
        let length = (name.len() as u16).to_le_bytes();
        bytes.extend(b"PK\x03\x04");
        bytes.extend([&about[..], &[0xFF; 8], &length, &[20, 0], name.as_bytes()].concat());
        bytes.extend([1, 0, 16, 0]);
        bytes.extend([contents.len() as u64, packed.len() as u64].map(u64::to_le_bytes).concat());
        bytes.extend(packed);
        directory.extend(b"PK\x01\x02\x2D\x03");
        directory.extend([&about[..], &sizes, &length, &[0; 12], &start, name.as_bytes()].concat());
    }
    let count = (members.len() as u16).to_le_bytes();
    let (size, start) =
        ((directory.len() as u32).to_le_bytes(), (bytes.len() as u32).to_le_bytes());
    bytes.extend(directory);
    bytes.extend(b"PK\x05\x06\0\0\0\0");
    bytes.extend([&count[..], &count, &size, &start, &[0, 0]].concat());
    bytes
}

fn open(bytes: &[u8]) -> Result<Npz> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npz");
    std::fs::write(&path, bytes).unwrap();
    Npz::open(&path)
}

#[test]
fn archives_are_read_stored_and_deflated() {
    let (a, b) = (array![[1.0, 2.0], [3.0, 4.0]], Array1::from_iter((0..5000u32).map(f64::from)));
    let (a_file, b_file) = (npy(&a), npy(&b));
    let both =
        npz(&[("a.npy", &a_file, false), ("readme.txt", b"text", false), ("b.npy", &b_file, true)]);
    let archive = open(&both).unwrap();
    assert_eq!(archive.names().collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(archive.numbers::<f64>("a").unwrap(), a.clone().into_dyn());
    assert_eq!(archive.numbers::<f32>("b").unwrap(), b.mapv(|v| v as f32).into_dyn());
    refused(archive.numbers::<f32>("c"), &["array: expected one of a, b, found c"]);
    // A comment at the end.
    let mut commented = both.clone();
    let end = commented.len();
    commented[end - 2] = 3;
    commented.extend(b"now");
    assert_eq!(open(&commented).unwrap().names().count(), 2);
    // Another writer, and ours.
    let mut bytes = Vec::new();
    let mut writer = NpzWriter::new(std::io::Cursor::new(&mut bytes));
    writer.add_array("a", &a).unwrap();
    writer.finish().unwrap();
    assert_eq!(open(&bytes).unwrap().numbers::<f64>("a").unwrap(), a.clone().into_dyn());
    let mut archive = switchnet_lab::numpy::Archive::default();
    archive.add("a", &a).unwrap();
    let bytes = archive.finish().unwrap();
    assert_eq!(open(&bytes).unwrap().numbers::<f64>("a").unwrap(), a.into_dyn());
}

#[test]
fn damaged_archives_are_refused() {
    let zeros = npy(&Array2::<f64>::zeros((10, 10)));
    for deflated in [false, true] {
        let whole = npz(&[("x.npy", &zeros, deflated)]);
        for length in 0..whole.len() {
            let found = open(&whole[..length]).map(|_| ());
            refused(found, &["a.npz: archive of arrays (.npz): expected", "found"]);
        }
        // One bit of what is packed.
        let mut changed = whole.clone();
        changed[31 + 5 + 20 + 10] ^= 1;
        refused(open(&changed).unwrap().numbers::<f64>("x"), &["x: "]);
    }
    let with = |claim: u32, at: usize| {
        let mut bytes = npz(&[("x.npy", &zeros, true)]);
        let place = bytes.windows(4).position(|part| part == b"PK\x01\x02").unwrap() + at;
        bytes[place..place + 4].copy_from_slice(&claim.to_le_bytes());
        open(&bytes).and_then(|archive| archive.numbers::<f64>("x"))
    };
    let no_more = |archive, part| refused(archive, &["x: archive of arrays", part]);
    no_more(with(1 << 30, 24), "packed ones, found 1073741824"); // the size
    no_more(with(1 << 30, 20), "expected 1073741824 bytes of a member"); // the packed size
    no_more(with(1 << 30, 42), "expected a member where one is said"); // the place
    refused(with(u32::MAX, 24), &["x: archive of arrays", "less than 4 GiB"]);
    refused(with(900, 24), &["x: NumPy file: expected as many bytes"]);
    // What the header claims and the directory says is compared before anything is unfolded, however much it is.
    let mut long = npy(&Array1::<f64>::zeros(4));
    long.extend(vec![0; 1 << 20]);
    let found = open(&npz(&[("x.npy", &long, true)])).unwrap().numbers::<f64>("x");
    refused(found, &["x: NumPy file: expected as many bytes as the shape [4]", "found 1048608"]);
    refused(with(7, 16), &["x: checksum: expected 00000007"]);
    refused(open(&npz(&[])).map(|_| ()), &["expected arrays (.npy) in it, found none"]);
}

proptest! {
    #[test]
    fn arrays_of_any_bytes_never_panic(at in 0_usize..400, byte: u8, deflated: bool, more: Vec<u8>) {
        let mut bytes = npz(&[("x.npy", &npy(&array![1.0, 2.0]), deflated)]);
        let at = at % bytes.len();
        bytes[at] = byte;
        if let Ok(archive) = open(&bytes) {
            for name in archive.names() {
                let _ = archive.numbers::<f32>(name);
            }
        }
        let _ = read(&[b"\x93NUMPY\x01\x00", &more[..]].concat());
        let mut bytes = npy(&array![1.0, 2.0]);
        let at = at % bytes.len();
        bytes[at] = byte;
        let _ = read(&bytes);
    }
}
